#include "events/event.hpp"

namespace muster {

EventType type_of(const Event& event) {
    return std::visit([](const auto& e) { return e.type; }, event);
}
std::vector<StreamId> streams_of(const Event& event) {
    return std::visit([](const auto& e) { return streams_of(e); }, event);
}

}  // namespace muster
