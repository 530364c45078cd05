// Who had access to what, at any moment.
#include "projections/access.hpp"

#include <algorithm>

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/moment.hpp"

namespace muster::http {
namespace {

struct Moments {
    std::optional<Time> at, until;
};

Moments moments_in(Parameters& query) { return {query.time("at"), query.time("until")}; }

// The last position of a moment, of those that the view has.
Position last_at(const Call& call, Time moment) {
    const auto* mark = call.reading->serving(views::Access::number);
    const Position end{(mark == nullptr ? 0 : mark->position) + 1};
    const auto behind = views::find_time(*call.reading, call.services.log, moment, true, end);
    return {behind.number - 1};
}

using Changes = std::vector<views::AccessChange>;

// What both sides have in common: {"at", "position", write_side, "changes"?}.
template <class Side>
Answer access(Call& call, const Moments& asked, Side side, views::AccessOf of, auto&& write_side) {
    if (asked.until && !asked.at)
        return std::unexpected(invalid({{"?at", "required", "With until there must be an at."}}));
    if (asked.until && *asked.until < *asked.at)
        return std::unexpected(
            invalid({{"?until", "parameter", "This must not be before the other moment."}}));
    // Nobody knows yet of a moment to come.
    const auto at = std::min(asked.at.value_or(call.now), call.now);
    const auto until = std::min(asked.until.value_or(at), call.now);
    const auto position = last_at(call, at);
    const auto changes = views::access_changes(*call.reading, side, last_at(call, until));
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("at").time(at).key("position").number(position.number);
        write_side(out, views::access_at(changes, position));
        if (asked.until) {
            out.key("changes").begin_array();
            for (const auto& change : changes) {
                if (change.position > position.number) write_access_change(out, change, of);
            }
            out.end_array();
        }
        out.end_object();
    });
}

void write_list(JsonWriter& out, const std::vector<views::AccessThen>& list,
                views::AccessOf asked) {
    out.begin_array();
    for (const auto& each : list)
        write_access(out, each, asked);
    out.end_array();
}

Answer account_access(Call& call, const Moments& asked) {
    if (!ever_was(call, stream_of(call.account())))
        return std::unexpected(problem_of(no_such_account));
    constexpr auto of = views::AccessOf::account;
    return access(call, asked, call.account(), of, [&](JsonWriter& out, const auto& users) {
        const auto owner = std::ranges::find_if(users, &views::AccessThen::is_owner);
        out.key("owner_user_id");
        if (owner != users.end()) {
            out.number(owner->user.number);
        } else {
            out.null();
        }
        write_list(out.key("users"), users, of);
    });
}

Answer user_access(Call& call, const Moments& asked) {
    if (!ever_was(call, stream_of(call.user()))) return std::unexpected(problem_of(no_such_user));
    constexpr auto of = views::AccessOf::user;
    return access(call, asked, call.user(), of, [&](JsonWriter& out, const auto& accounts) {
        write_list(out.key("accounts"), accounts, of);
    });
}

}  // namespace

const Query get_account_access = asking<account_access, moments_in>;
const Query get_user_access = asking<user_access, moments_in>;

}  // namespace muster::http
