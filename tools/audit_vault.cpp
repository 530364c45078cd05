#include "tools/audit_vault.hpp"

#include <algorithm>
#include <map>

#include "events/bytes.hpp"
#include "events/text.hpp"
#include "handlers/passwords.hpp"

namespace muster::tools {
namespace {

constexpr std::string_view vault = "the vault";

std::string_view what_is(const VaultPlace& secret) {
    switch (static_cast<SecretKind>(secret.kind)) {
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

// Whose the row is, as findings name it.
std::string name_of(const VaultPlace& place) {
    auto kind = static_cast<SubjectKind>(place.kind);
    if (place.table == VaultPlace::Table::secrets) {
        const auto of_users = secrets_of(SubjectKind::user);
        const bool users =
            std::ranges::find(of_users, static_cast<SecretKind>(place.kind)) != of_users.end();
        kind = users ? SubjectKind::user : SubjectKind::admin;
    }
    return fmt::format("{}-{}", to_text(kind), place.number);
}

class VaultAudit {
public:
    VaultAudit(const Keys& keys, const World& world, Findings& findings)
        : keys_(keys), world_(world), findings_(findings) {}

    // Rows without an owner, and wrong ones.
    void check_row(std::string_view key, std::string_view value) {
        const auto place = parse_vault_place(key);
        if (place && place->table == VaultPlace::Table::keys && owns_key(*place)) {
            keys_seen_[place->kind].insert(place->number);
            if (value.size() != Seed{}.size())
                findings_.add(name_of(*place), "its key in the vault is of another size");
        } else if (place && place->table == VaultPlace::Table::secrets && owed(*place) > 0) {
            secrets_seen_[place->kind].insert(place->number);
            check_secret(*place, key, value);
        } else {
            findings_.add(std::string{vault}, fmt::format("{} has no owner", to_hex(key)));
        }
    }

    // Owners without a row, once all rows were seen.
    void check_owners() {
        for (const auto& [id, user] : world_.users) {
            need_key(subject_of(id));
            need_secrets(subject_of(id));
        }
        for (const auto& [id, account] : world_.accounts) {
            need_key(subject_of(id));
            for (const auto& [address, invitation] : account.pending)
                need_key(subject_of(invitation));
            for (const auto& [contact, details] : account.contacts)
                need_key(subject_of(contact));
        }
        for (const auto& [id, ticket] : world_.tickets)
            need_key(subject_of(id));
        for (const auto& [id, admin] : world_.staff.admins) {
            need_key(subject_of(id));
            need_secrets(subject_of(id));
        }
    }

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
    // The number of the secret that must be there; zero: none may.
    std::uint32_t owed(const VaultPlace& place) const {
        const auto factor = [](const SecondFactor& state) {
            return state.state == SecondFactor::State::off ? 0 : state.factor;
        };
        const auto codes = [](const SecondFactor& state) { return state.on() ? state.factor : 0; };
        const auto* user = world_.user(UserId{place.number});
        const auto* admin = world_.staff.find(AdminId{place.number});
        switch (static_cast<SecretKind>(place.kind)) {
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

    void check_secret(const VaultPlace& place, std::string_view key, std::string_view value) {
        const auto kept = open_password(keys_, key, value);
        if (!kept) {
            findings_.add(name_of(place), kept.error().message);
        } else if (kept->number != owed(place)) {
            findings_.add(name_of(place),
                          fmt::format("{} in the vault is another one", what_is(place)));
        }
    }
    void need_key(const Subject& subject) {
        const VaultPlace place{VaultPlace::Table::keys, static_cast<std::uint8_t>(subject.kind),
                               subject.number};
        if (world_.forgotten.contains(subject) || keys_seen_[place.kind].contains(place.number))
            return;
        findings_.add(name_of(place), "its key is missing in the vault");
    }
    void need_secrets(const Subject& subject) {
        if (world_.forgotten.contains(subject)) return;
        for (const auto kind : secrets_of(subject.kind)) {
            const VaultPlace place{VaultPlace::Table::secrets, static_cast<std::uint8_t>(kind),
                                   subject.number};
            if (owed(place) == 0 || secrets_seen_[place.kind].contains(place.number)) continue;
            findings_.add(name_of(place),
                          fmt::format("{} is missing in the vault", what_is(place)));
        }
    }

    const Keys& keys_;
    const World& world_;
    Findings& findings_;
    std::map<std::uint8_t, NumbersSeen> keys_seen_, secrets_seen_;  // By kind.
};

}  // namespace

std::expected<void, Fault> audit_vault(const Log& log, const Keys& keys, const World& world,
                                       Findings& findings) {
    VaultAudit audit{keys, world, findings};
    const auto visited = log.visit_vault({}, [&](std::string_view key, std::string_view value) {
        audit.check_row(key, value);
        return true;
    });
    if (!visited && visited.error().kind != Fault::Kind::damaged)
        return std::unexpected(visited.error());
    if (visited) {
        audit.check_owners();
    } else {
        findings.add(std::string{vault}, visited.error().message);
    }
    return {};
}

}  // namespace muster::tools
