// One evolve for all aggregates: an event is applied to the aggregates that it concerns. A missing
// `apply` is a compile error that names the pair.
#pragma once

#include <variant>

#include "events/event.hpp"

namespace muster {

template <class Aggregate>
void evolve(Aggregate& state, const Event& event) {
    const auto step = [&]<class E>(const E& e) {
        if constexpr (Concerns<E, Aggregate::kind>) apply(state, e);
    };
    std::visit(step, event);
}

}  // namespace muster
