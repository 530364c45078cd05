#include "projections/access.hpp"

#include <map>
#include <utility>

namespace muster::views {
namespace {

// Changes come in packs: one is read and written as a whole.
constexpr std::uint64_t pack_size = 64;

struct Pack {
    std::vector<AccessChange> changes;

    bool operator==(const Pack&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("changes", self.changes);
    }
};
struct OpenPack {
    std::uint64_t number{};

    bool operator==(const OpenPack&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("number", self.number); }
};

//   'A' account -> OpenPack      'a' account pack(8) -> Pack
//   'U' user -> OpenPack         'u' user pack(8) -> Pack
// Most have one pack all their lives: its number is told where it is not the first.
using OpenByAccount = Table<Access, 'A', Counted::no, Walked::no, OpenPack, AccountId>;
using OpenByUser = Table<Access, 'U', Counted::no, Walked::no, OpenPack, UserId>;
using PacksByAccount = Table<Access, 'a', Counted::no, Walked::no, Pack, AccountId, Position>;
using PacksByUser = Table<Access, 'u', Counted::no, Walked::no, Pack, UserId, Position>;

template <class Open, class Packs, class Key>
void append(const AccessChange& change, Key key, Rows& rows) {
    Position number{rows.find<Open>(key).value_or(OpenPack{}).number};
    auto pack = rows.find<Packs>(key, number).value_or(Pack{});
    if (pack.changes.size() == pack_size) {
        number = number.next();
        pack.changes.clear();
        rows.replace<Open>(OpenPack{number.number}, key);
    }
    pack.changes.push_back(change);
    rows.replace<Packs>(pack, key, number);
}

void keep(AccessChange::Kind kind, const At& at, AccountId account, UserId user,
          Permissions permissions, Rows& rows,
          const std::optional<InvitationId>& invitation = std::nullopt) {
    const AccessChange change{kind,
                              at.position.number,
                              at.time,
                              account,
                              user,
                              permissions,
                              static_cast<std::uint32_t>(at.actor.kind),
                              at.actor.number,
                              at.actor.on_behalf_of,
                              invitation};
    rows.count(+1);
    append<OpenByAccount, PacksByAccount>(change, account, rows);
    append<OpenByUser, PacksByUser>(change, user, rows);
}

template <class Packs, class Key>
std::vector<AccessChange> changes_of(const Reading& reading, Key key, Position last) {
    std::vector<AccessChange> changes;
    auto packs = walk<Packs>(reading, key);
    for (bool more = packs.first(); more; more = packs.next()) {
        const auto pack = decoded<Packs>(reading, packs.value());
        if (!pack) break;
        for (const auto& change : pack->changes) {
            if (change.position > last.number) return changes;
            changes.push_back(change);
        }
    }
    return changes;
}

void write_other_side(JsonWriter& out, AccountId account, UserId user, AccessOf asked) {
    if (asked == AccessOf::user) {
        out.key("account_id").number(account.number);
    } else {
        out.key("user_id").number(user.number);
    }
}

void write_invitation(JsonWriter& out, const std::optional<InvitationId>& invitation) {
    if (invitation) out.key("invitation_id").number(invitation->number);
}

}  // namespace

void Access::on(const AccountOpened& event, const At& at, Rows& rows) {
    keep(AccessChange::Kind::opened, at, event.account, event.owner, Permissions::all(), rows);
}
void Access::on(const AssociationGranted& event, const At& at, Rows& rows) {
    keep(AccessChange::Kind::granted, at, event.account, event.user, event.permissions, rows,
         event.invitation);
}
void Access::on(const PermissionsSet& event, const At& at, Rows& rows) {
    keep(AccessChange::Kind::permissions_set, at, event.account, event.user, event.permissions,
         rows);
}
void Access::on(const AssociationEnded& event, const At& at, Rows& rows) {
    keep(AccessChange::Kind::ended, at, event.account, event.user, {}, rows);
}
void Access::on(const OwnershipTransferred& event, const At& at, Rows& rows) {
    keep(AccessChange::Kind::ownership_given, at, event.account, event.from, event.permissions,
         rows);  // Rule O4.
    keep(AccessChange::Kind::ownership_taken, at, event.account, event.to, Permissions::all(),
         rows);  // Rule E5.
}
void Access::on(const AccountDeleted& event, const At& at, Rows& rows) {
    for (const auto user : event.users)
        keep(AccessChange::Kind::ended, at, event.account, user, {}, rows);
}

std::vector<AccessChange> access_changes(const Reading& reading, AccountId account, Position last) {
    return changes_of<PacksByAccount>(reading, account, last);
}
std::vector<AccessChange> access_changes(const Reading& reading, UserId user, Position last) {
    return changes_of<PacksByUser>(reading, user, last);
}

std::vector<AccessThen> access_at(const std::vector<AccessChange>& changes, Position position) {
    using Kind = AccessChange::Kind;
    std::map<std::pair<AccountId, UserId>, AccessThen> there;
    for (const auto& change : changes) {
        if (change.position > position.number) break;
        const std::pair key{change.account, change.user};
        if (change.kind == Kind::ended) {
            there.erase(key);
            continue;
        }
        auto& access = there[key];
        access.account = change.account;
        access.user = change.user;
        access.permissions = change.permissions;
        if (change.kind == Kind::opened || change.kind == Kind::granted) access.granted = change;
        if (change.kind == Kind::opened || change.kind == Kind::ownership_taken)
            access.is_owner = true;
        if (change.kind == Kind::ownership_given) access.is_owner = false;
    }
    std::vector<AccessThen> list;
    list.reserve(there.size());
    for (auto& [key, access] : there)
        list.push_back(std::move(access));
    return list;
}

void write_access(JsonWriter& out, const AccessThen& access, AccessOf asked) {
    out.begin_object();
    write_other_side(out, access.account, access.user, asked);
    out.key("is_owner").boolean(access.is_owner);
    out.key("permissions").permissions(access.permissions);
    out.key("granted_at").time(access.granted.at);
    write_actor(out.key("granted_by"), access.granted.actor());
    write_invitation(out, access.granted.invitation);
    out.end_object();
}

void write_access_change(JsonWriter& out, const AccessChange& change, AccessOf asked) {
    out.begin_object().key("position").number(change.position).key("at").time(change.at);
    out.key("change").text(to_text(change.kind));
    write_other_side(out, change.account, change.user, asked);
    out.key("permissions").permissions(change.permissions);
    write_actor(out.key("by"), change.actor());
    write_invitation(out, change.invitation);
    out.end_object();
}

}  // namespace muster::views
