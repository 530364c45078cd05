// An operation: the function that does it, joined with the one that reads what it takes. Nothing
// else reads input, so what is described is what is parsed; where something is wrong with it, the
// function is not called.
#pragma once

#include <expected>
#include <optional>
#include <utility>

#include "http/body.hpp"
#include "http/call.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"

namespace muster::http {

using Answer = std::expected<Response, Problem>;
using Asked = std::expected<Change, Problem>;

// A query answers at once; a command says what is to be decided and how to answer. Each with what
// it reads: null where it takes no body, or no parameters.
struct Query {
    Answer (*answer)(Call&);
    void (*parameters)(Parameters&);
};
struct Command {
    Asked (*ask)(Call&);
    void (*body)(Fields&);
    void (*parameters)(Parameters&);
};

// function(call, read(parameters))
template <class Result, auto function, auto read>
Result with_parameters(Call& call) {
    auto asked = read(call.query());
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    return function(call, std::move(asked));
}

// function(call); there may be no parameters.
template <class Result, auto function>
Result without_parameters(Call& call) {
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    return function(call);
}

// function(call, read(body))
template <auto function, auto read>
Asked with_body(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    auto form = read(*body);
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    Asked change = function(call, std::move(form));
    if (change) change->body = std::move(canonical);
    return change;
}

// Whatever `next` does, once it is clear that there is no body.
template <auto next>
Asked without_body(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return next(call);
}

// Whatever `next` does, where `refusal` has none.
template <auto refusal, auto next>
Asked unless(Call& call) {
    if (const std::optional<Error> error = refusal(call))
        return std::unexpected(problem_of(*error));
    return next(call);
}

template <auto read, class Input>
void note(Input& input) {
    read(input);
}

// A query; with parameters where `read` is given.
template <auto function, auto read = nullptr>
inline constexpr Query asking{with_parameters<Answer, function, read>, note<read, Parameters>};
template <auto function>
inline constexpr Query asking<function, nullptr>{without_parameters<Answer, function>, nullptr};

// A command with a body. `refusal` says whether it is worth reading.
template <auto function, auto read, auto refusal = nullptr>
inline constexpr Command changing{unless<refusal, with_body<function, read>>, note<read, Fields>,
                                  nullptr};
template <auto function, auto read>
inline constexpr Command changing<function, read, nullptr>{with_body<function, read>,
                                                           note<read, Fields>, nullptr};

// A command with a body and parameters, which the function reads again.
template <auto function, auto read, auto read_parameters>
Asked with_both(Call& call) {
    read_parameters(call.query());
    return with_body<function, read>(call);
}
template <auto function, auto read, auto read_parameters>
inline constexpr Command changing_by{with_both<function, read, read_parameters>, note<read, Fields>,
                                     note<read_parameters, Parameters>};

// A command without one; with parameters where `read` is given.
template <auto function, auto read = nullptr>
inline constexpr Command doing{without_body<with_parameters<Asked, function, read>>, nullptr,
                               note<read, Parameters>};
template <auto function>
inline constexpr Command doing<function, nullptr>{without_body<without_parameters<Asked, function>>,
                                                  nullptr, nullptr};

}  // namespace muster::http
