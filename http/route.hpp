// The table of routes: method, path, operation, who may, function, words. What is answered with 404
// and 405, the authorization tests and the description of the interface come from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aggregates/access.hpp"
#include "http/message.hpp"
#include "http/operation.hpp"

namespace muster::http {

// What the description says of an operation beside what follows from its function and its rule.
struct Words {
    // A file is JSON that is made piece by piece: it has no ETag.
    enum class Answers : std::uint8_t {
        nothing,
        text,
        bytes,
        feed,
        one,
        file,
        page,
        page_or_export
    };

    std::string_view tag;
    std::string_view does;  // One sentence.
    int status = 204;
    Answers answers{};
    std::string_view schema{};  // A component; of a page the rows'.
    // The codes of its own refusals, separated by blanks; those that come with its rule, its
    // method and its path follow from them.
    std::string_view refusals{};
};

// There is no route without a rule and without words: every argument is needed.
struct Route {
    constexpr Route(Method method_, std::string_view path_, std::string_view operation_,
                    AccessRule rule_, std::variant<Query, Command> function_, Words words_)
        : method(method_),
          path(path_),
          operation(operation_),
          rule(rule_),
          function(function_),
          words(words_) {}

    Method method;
    std::string_view path;  // "/v1/accounts/{account}/users"; "{tile*}" takes all that is left.
    std::string_view operation;  // "InviteUser": permanent, also the operationId.
    AccessRule rule;
    std::variant<Query, Command> function;
    Words words;

    bool is_command() const { return std::holds_alternative<Command>(function); }
};

std::span<const Route> routes();
std::string_view text_of(Method method);  // "GET"; empty for those that no route has.

// What a method and a path come to.
struct Match {
    const Route* route{};  // Null: 404, or 405 where others are allowed.
    std::string allowed;   // "GET, PATCH"
    std::vector<PathParameter> parameters;
};
Match find_route(Method method, const std::vector<std::string>& segments);

}  // namespace muster::http
