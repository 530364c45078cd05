#include "tools/audit_vault.hpp"

#include "events/bytes.hpp"
#include "events/text.hpp"
#include "handlers/passwords.hpp"

namespace muster::tools {
namespace {

constexpr std::string_view vault = "the vault";

std::string_view name_of(SecretKind kind) {
    switch (kind) {
        case SecretKind::user_password:
        case SecretKind::admin_password:
            break;
        case SecretKind::user_second_factor:
        case SecretKind::admin_second_factor:
            return "the second factor's secret";
        case SecretKind::user_recovery_codes:
        case SecretKind::admin_recovery_codes:
            return "the list of recovery codes";
        case SecretKind::user_security_answer:
            return "the security answer";
    }
    return "the password";
}

class VaultAudit {
public:
    VaultAudit(const Log& log, const Keys& keys, const World& world, Findings& findings)
        : log_(log), keys_(keys), world_(world), findings_(findings) {}

    // Rows without an owner.
    void check_row(std::string_view key) {
        const auto place = parse_vault_place(key);
        const bool owned = place && (place->table == VaultPlace::Table::keys ? owns_key(*place)
                                                                             : owns_secret(*place));
        if (!owned) findings_.add(std::string{vault}, fmt::format("{} has no owner", to_hex(key)));
    }

    // Owners without a row, or with a wrong one.
    void check_owners() {
        for (const auto& [id, user] : world_.users) {
            need_key(subject_of(id), to_text(stream_of(id)));
            need_secrets(SubjectKind::user, id.number);
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
            need_secrets(SubjectKind::admin, id.number);
        }
    }
    const std::optional<Fault>& fault() const { return fault_; }

private:
    bool owns_key(const VaultPlace& place) const {
        if (world_.forgotten.contains({static_cast<SubjectKind>(place.kind), place.number}))
            return false;
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
    bool owns_secret(const VaultPlace& place) const {
        return secret_number(static_cast<SecretKind>(place.kind), place.number) > 0;
    }
    // Of the secret that must be there; zero: none may.
    std::uint32_t secret_number(SecretKind kind, std::uint64_t number) const {
        const auto factor = [](const SecondFactor& state) {
            return state.state == SecondFactor::State::off ? 0 : state.factor;
        };
        const auto codes = [](const SecondFactor& state) { return state.on() ? state.factor : 0; };
        const auto* user = world_.user(UserId{number});
        const auto* admin = world_.staff.find(AdminId{number});
        switch (kind) {
            case SecretKind::user_password:
                return user == nullptr ? 0 : user->password;
            case SecretKind::user_second_factor:
                return user == nullptr ? 0 : factor(user->second_factor);
            case SecretKind::user_recovery_codes:
                return user == nullptr ? 0 : codes(user->second_factor);
            case SecretKind::user_security_answer:
                return user == nullptr || !user->has_question ? 0 : user->security_answer;
            case SecretKind::admin_password:
                return admin == nullptr ? 0 : admin->password;
            case SecretKind::admin_second_factor:
                return admin == nullptr ? 0 : factor(admin->second_factor);
            case SecretKind::admin_recovery_codes:
                return admin == nullptr ? 0 : codes(admin->second_factor);
        }
        return 0;
    }

    void need_key(const Subject& subject, std::string whose) {
        if (world_.forgotten.contains(subject)) return;
        const auto row = log_.vault(vault_key(subject));
        if (!row) return take(row.error(), std::move(whose));
        if (!*row)
            findings_.add(std::move(whose), "its key is missing in the vault");
        else if ((*row)->size() != Seed{}.size())
            findings_.add(std::move(whose), "its key in the vault is of another size");
    }
    void need_secrets(SubjectKind subject, std::uint64_t id) {
        if (world_.forgotten.contains({subject, id})) return;
        for (const auto kind : secrets_of(subject)) {
            const auto number = secret_number(kind, id);
            if (number == 0) continue;
            auto whose = fmt::format("{}-{}", subject == SubjectKind::user ? "user" : "admin", id);
            const auto kept = find_password(log_, keys_, kind, id);
            if (!kept) {
                take(kept.error(), std::move(whose));
            } else if (!*kept) {
                findings_.add(std::move(whose),
                              fmt::format("{} is missing in the vault", name_of(kind)));
            } else if ((*kept)->number != number) {
                findings_.add(std::move(whose),
                              fmt::format("{} in the vault is another one", name_of(kind)));
            }
        }
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
    const auto visited = log.visit_vault({}, [&](std::string_view key, std::string_view) {
        audit.check_row(key);
        return true;
    });
    if (!visited && visited.error().kind != Fault::Kind::damaged)
        return std::unexpected(visited.error());
    if (!visited) findings.add(std::string{vault}, visited.error().message);
    audit.check_owners();
    if (audit.fault()) return std::unexpected(*audit.fault());
    return {};
}

}  // namespace muster::tools
