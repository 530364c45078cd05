#include "tools/audit_vault.hpp"

#include "events/bytes.hpp"
#include "events/text.hpp"
#include "handlers/passwords.hpp"

namespace muster::tools {
namespace {

constexpr std::string_view vault = "the vault";

// A row's place, as sealing.hpp has it.
struct Place {
    char table{};
    std::uint8_t kind{};
    std::uint64_t number{};
};

std::optional<Place> parse_place(std::string_view key) {
    Reader in{key};
    const Place place{static_cast<char>(in.byte()), in.byte(), in.fixed64()};
    if (!in.done()) return std::nullopt;
    return place;
}

class VaultAudit {
public:
    VaultAudit(const Log& log, const Keys& keys, const World& world, Findings& findings)
        : log_(log), keys_(keys), world_(world), findings_(findings) {}

    // Rows without an owner.
    void check_row(std::string_view key) {
        const auto place = parse_place(key);
        const bool owned = place && (place->table == 'k'   ? owns_key(*place)
                                     : place->table == 's' ? password_number(*place) > 0
                                                           : false);
        if (!owned) findings_.add(std::string{vault}, fmt::format("{} has no owner", to_hex(key)));
    }

    // Owners without a row, or with a wrong one.
    void check_owners() {
        for (const auto& [id, user] : world_.users) {
            need_key(subject_of(id), to_text(stream_of(id)));
            need_password(SecretKind::user_password, id.number, user.password);
        }
        for (const auto& [id, account] : world_.accounts) {
            need_key(subject_of(id), to_text(stream_of(id)));
            for (const auto& [address, invitation] : account.pending)
                need_key(subject_of(invitation), fmt::format("invitation {}", invitation.number));
            for (const auto& [contact, details] : account.contacts)
                need_key(subject_of(contact), fmt::format("contact {}", contact.number));
        }
        for (const auto& [id, ticket] : world_.tickets)
            need_key(subject_of(id), to_text(stream_of(id)));
        for (const auto& [id, admin] : world_.staff.admins) {
            need_key(subject_of(id), fmt::format("admin {}", id.number));
            need_password(SecretKind::admin_password, id.number, admin.password);
        }
    }
    const std::optional<Fault>& fault() const { return fault_; }

private:
    bool owns_key(const Place& place) const {
        switch (static_cast<SubjectKind>(place.kind)) {
            case SubjectKind::user:
                return world_.user(UserId{place.number}) != nullptr;
            case SubjectKind::account:
                return world_.account(AccountId{place.number}) != nullptr;
            case SubjectKind::invitation:
                return world_.seen_invitations.contains(place.number);
            case SubjectKind::admin:
                return world_.staff.admins.contains(AdminId{place.number});
            case SubjectKind::contact:
                return world_.contacts.contains(ContactId{place.number});
            case SubjectKind::ticket:
                return world_.ticket(TicketId{place.number}) != nullptr;
        }
        return false;
    }
    std::uint32_t password_number(const Place& place) const {
        switch (static_cast<SecretKind>(place.kind)) {
            case SecretKind::user_password: {
                const auto* user = world_.user(UserId{place.number});
                return user == nullptr ? 0 : user->password;
            }
            case SecretKind::admin_password: {
                const auto found = world_.staff.admins.find(AdminId{place.number});
                return found == world_.staff.admins.end() ? 0 : found->second.password;
            }
        }
        return 0;
    }

    void need_key(const Subject& subject, std::string whose) {
        const auto row = log_.vault(vault_key(subject));
        if (!row) return take(row.error(), std::move(whose));
        if (!*row)
            findings_.add(std::move(whose), "its key is missing in the vault");
        else if ((*row)->size() != Seed{}.size())
            findings_.add(std::move(whose), "its key in the vault is of another size");
    }
    void need_password(SecretKind kind, std::uint64_t number, std::uint32_t password) {
        if (password == 0) return;
        auto whose =
            fmt::format("{}-{}", kind == SecretKind::user_password ? "user" : "admin", number);
        const auto kept = find_password(log_, keys_, kind, number);
        if (!kept) return take(kept.error(), std::move(whose));
        if (!*kept)
            findings_.add(std::move(whose), "the password is missing in the vault");
        else if ((*kept)->number != password)
            findings_.add(std::move(whose), "the password in the vault is another one");
    }
    void take(const Fault& fault, std::string whose) {
        if (fault.kind == Fault::Kind::damaged)
            findings_.add(std::move(whose), fault.message);
        else
            fault_ = fault;
    }

    const Log& log_;
    const Keys& keys_;
    const World& world_;
    Findings& findings_;
    std::optional<Fault> fault_;
};

}  // namespace

std::expected<void, Fault> audit_vault(const Log& log, const Keys& keys, const World& world,
                                       Findings& findings) {
    VaultAudit audit{log, keys, world, findings};
    const auto visited = log.visit_vault([&](std::string_view key) { audit.check_row(key); });
    if (!visited && visited.error().kind != Fault::Kind::damaged)
        return std::unexpected(visited.error());
    if (!visited) findings.add(std::string{vault}, visited.error().message);
    audit.check_owners();
    if (audit.fault()) return std::unexpected(*audit.fault());
    return {};
}

}  // namespace muster::tools
