// The table of routes: method, path, operation, who may, function. What is answered with 404 and
// 405, the authorization tests and the description of the interface come from it.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "aggregates/access.hpp"
#include "http/call.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace muster::http {

using Answer = std::expected<Response, Problem>;
using Asked = std::expected<Change, Problem>;

using Query = Answer (*)(Call&);
using Command = Asked (*)(Call&);

// There is no route without a rule: every argument is needed.
struct Route {
    constexpr Route(Method method_, std::string_view path_, std::string_view operation_,
                    AccessRule rule_, std::variant<Query, Command> function_)
        : method(method_), path(path_), operation(operation_), rule(rule_), function(function_) {}

    Method method;
    std::string_view path;       // "/v1/accounts/{account}/users"
    std::string_view operation;  // "InviteUser": permanent, also the operationId.
    AccessRule rule;
    std::variant<Query, Command> function;

    bool is_command() const { return std::holds_alternative<Command>(function); }
};

std::span<const Route> routes();

// What a method and a path come to.
struct Match {
    const Route* route{};  // Null: 404, or 405 where others are allowed.
    std::string allowed;   // "GET, PATCH"
    std::vector<PathParameter> parameters;
};
Match find_route(Method method, const std::vector<std::string>& segments);

}  // namespace muster::http
