#include "aggregates/access.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::access_test {

using namespace people;
using Kind = Caller::Kind;
using Staff = AccessRule::Staff;
using Users = AccessRule::Users;

constexpr std::string_view fine;

std::string_view answer(const AccessRule& rule, const Caller& caller, const Membership& membership,
                        Switch user_management = Switch::on) {
    const auto error = refuse(rule, caller, membership, user_management);
    if (!error) return fine;
    const auto promised = given::promised.find(error->code);
    EXPECT_TRUE(promised != given::promised.end() && promised->second.contains(error->kind))
        << error->code;
    return error->code;
}

// --- What a user has to do with Acme, and which account the session has chosen.

struct Standing {
    std::string_view name;
    Membership membership;
};
const std::vector<Standing> standings{
    {"stranger", {acme, false, false, {}}},
    {"without tickets", {acme, true, false, pay_invoices}},
    {"with tickets", {acme, true, false, see_tickets}},
    {"owner", {acme, true, true, everything}},
};

struct Choice {
    std::string_view name;
    std::optional<AccountId> account;
};
const std::vector<Choice> choices{{"acme", acme}, {"globex", globex}, {"none", std::nullopt}};

const std::vector<Users> user_rules{Users::nobody, Users::signed_in, Users::owner,
                                    Users::permitted};
const std::vector<Staff> staff_rules{Staff::nobody, Staff::administrators, Staff::operators,
                                     Staff::everyone};
const std::vector<Role> roles{Role::administrator, Role::operator_, Role::auditor};
const std::vector<Switch> switches{Switch::off, Switch::on};

// What a user is told, in words: Rules I1, I28, L2, L4, L7, L8, P8, P9.
//   the route is for     who asks has acme chosen and is    is told
struct Row {
    Users rule;
    std::string_view standing;
    std::string_view told;
    std::string_view told_without_management;  // Where the route manages users.
};
const std::vector<Row> rows{
    {Users::owner, "stranger", "account.not_found", "account.not_found"},
    {Users::owner, "without tickets", "account.not_owner", "account.not_owner"},
    {Users::owner, "with tickets", "account.not_owner", "account.not_owner"},
    {Users::owner, "owner", fine, "user_management.disabled"},
    {Users::permitted, "stranger", "account.not_found", "account.not_found"},
    {Users::permitted, "without tickets", "access.denied", "access.denied"},
    {Users::permitted, "with tickets", fine, "user_management.disabled"},
    {Users::permitted, "owner", fine, "user_management.disabled"},
};

std::string_view expected_for_a_user(const AccessRule& rule, const Standing& standing,
                                     const Choice& choice, Switch management) {
    if (rule.users == Users::nobody) return "access.role";
    if (rule.users == Users::signed_in) return fine;
    if (standing.name != "stranger" && choice.name == "none") return "session.account_required";
    if (standing.name != "stranger" && choice.name == "globex") return "session.other_account";
    for (const auto& row : rows) {
        if (row.rule != rule.users || row.standing != standing.name) continue;
        return rule.manages_users && management == Switch::off ? row.told_without_management
                                                               : row.told;
    }
    return "the table has a hole";
}

std::string_view expected_for_staff(Staff rule, Role role) {
    const std::vector<std::vector<Role>> allowed{
        {},
        {Role::administrator},
        {Role::administrator, Role::operator_},
        {Role::administrator, Role::operator_, Role::auditor},
    };
    const auto& those = allowed[static_cast<std::size_t>(rule)];
    return std::ranges::find(those, role) != those.end() ? fine : "access.role";
}

// Calls visit(rule, standing, choice, switch) for every combination.
template <class Visit>
void for_each_question(Visit&& visit) {
    for (const auto staff : staff_rules)
        for (const auto users : user_rules)
            for (const bool manages : {false, true})
                for (const auto& standing : standings)
                    for (const auto& choice : choices)
                        for (const auto management : switches)
                            visit(AccessRule{staff, users, Permission::tickets,
                                             AccessRule::Anonymous::no, manages},
                                  standing, choice, management);
}

std::string described(const AccessRule& rule, const Standing& standing, const Choice& choice,
                      Switch management) {
    std::string text = "staff " + std::to_string(static_cast<int>(rule.staff)) + ", users " +
                       std::to_string(static_cast<int>(rule.users));
    if (rule.manages_users) text += ", manages users";
    return text + "; asked by: " + std::string(standing.name) + ", chosen " +
           std::string(choice.name) + ", user management " + std::string(to_text(management));
}

TEST(Access, OfUsersIsAsTheTableSays) {  // Rules I1, I28, L2, L4, L7, L8, P8, P9.
    for_each_question([](const auto& rule, const auto& standing, const auto& choice, Switch on) {
        Caller caller{.kind = Kind::user, .user = bob};
        caller.account = choice.account;
        EXPECT_EQ(answer(rule, caller, standing.membership, on),
                  expected_for_a_user(rule, standing, choice, on))
            << described(rule, standing, choice, on);
    });
}

TEST(Access, OfStaffIsAMatterOfTheRoleAlone) {  // Rules I2, I28, O1, X1.
    for_each_question([](const auto& rule, const auto& standing, const auto& choice, Switch on) {
        for (const auto role : roles) {
            for (const auto kind : {Kind::admin, Kind::api_key}) {
                const Caller caller{.kind = kind, .role = role};
                EXPECT_EQ(answer(rule, caller, standing.membership, on),
                          expected_for_staff(rule.staff, role))
                    << to_text(role) << ", " << described(rule, standing, choice, on);
            }
        }
    });
}

TEST(Access, OfAnybodyWhoIsNotSignedInIsAskedForIt) {
    for_each_question([](const auto& rule, const auto& standing, const auto& choice, Switch on) {
        EXPECT_EQ(answer(rule, Caller{}, standing.membership, on), "session.required")
            << described(rule, standing, choice, on);
    });
}

TEST(Access, OfTheSystemIsUnlimited) {
    for_each_question([](const auto& rule, const auto& standing, const auto& choice, Switch on) {
        const Caller caller{.kind = Kind::system};
        EXPECT_EQ(answer(rule, caller, standing.membership, on), fine)
            << described(rule, standing, choice, on);
    });
}

TEST(Access, ToAnOpenRouteIsForEverybody) {
    for_each_question([](AccessRule rule, const auto& standing, const auto& choice, Switch on) {
        rule.anonymous = AccessRule::Anonymous::yes;
        for (const auto kind :
             {Kind::anonymous, Kind::user, Kind::admin, Kind::api_key, Kind::system}) {
            for (const auto role : roles) {
                Caller caller{.kind = kind, .role = role};
                caller.account = choice.account;
                EXPECT_EQ(answer(rule, caller, standing.membership, on), fine)
                    << described(rule, standing, choice, on);
            }
        }
    });
}

// --- Each permission by itself.

Caller bob_in(std::optional<AccountId> account) {
    Caller caller{.kind = Kind::user, .user = bob};
    caller.account = account;
    return caller;
}
AccessRule permitted(Permission permission) {
    return {.users = Users::permitted, .permission = permission};
}

TEST(Access, ByOnePermissionOpensNothingElse) {  // Rules P1, P7, E7.
    for (std::uint8_t held = 0; held < permission_names.size(); ++held) {
        for (std::uint8_t asked = 0; asked < permission_names.size(); ++asked) {
            const Membership membership{acme, true, false, {Permission{held}}};
            EXPECT_EQ(answer(permitted(Permission{asked}), bob_in(acme), membership),
                      held == asked ? fine : "access.denied")
                << permission_names[held].key << " for " << permission_names[asked].key;
        }
    }
}

TEST(Access, OfTheOwnerNeedsNoPermissionWrittenOut) {  // Rule E5.
    const Membership with_nothing_written{acme, true, true, {}};
    for (std::uint8_t asked = 0; asked < permission_names.size(); ++asked) {
        EXPECT_EQ(answer(permitted(Permission{asked}), bob_in(acme), with_nothing_written), fine);
    }
}

TEST(Access, ByEveryPermissionIsNotTheOwners) {  // Rules I1, P8.
    const Membership with_everything{acme, true, false, everything};
    EXPECT_EQ(answer({.users = Users::owner}, bob_in(acme), with_everything), "account.not_owner");
}

// --- What a refusal says to help.

TEST(Access, ThatIsDeniedSaysWhatIsHeld) {  // Rule P9.
    const Membership member{acme, true, false, pay_invoices};
    const auto denied = refuse(permitted(Permission::tickets), bob_in(acme), member, Switch::on);
    const auto not_owner = refuse({.users = Users::owner}, bob_in(acme), member, Switch::on);
    EXPECT_EQ(denied.value().held, pay_invoices);
    EXPECT_EQ(not_owner.value().held, pay_invoices);
}

TEST(Access, ToAnotherOwnAccountSaysWhichToSwitchTo) {  // Rule L7.
    const Membership member{acme, true, false, see_tickets};
    const auto other = refuse(permitted(Permission::tickets), bob_in(globex), member, Switch::on);
    const auto none =
        refuse(permitted(Permission::tickets), bob_in(std::nullopt), member, Switch::on);
    EXPECT_EQ(other.value().other_account, acme);
    EXPECT_EQ(none.value().other_account, acme);
}

TEST(Access, ToAForeignAccountSaysNothing) {  // Rules L8, E3.
    const Membership stranger_to_it{acme, false, false, {}};
    for (const auto& choice : choices) {
        const auto error = refuse(permitted(Permission::tickets), bob_in(choice.account),
                                  stranger_to_it, Switch::on);
        EXPECT_EQ(error.value().message, no_such_account.message);
        EXPECT_EQ(error.value().other_account, std::nullopt);
        EXPECT_EQ(error.value().held, std::nullopt);
    }
}

TEST(Access, SaysThatManagementIsOffOnlyToOwners) {  // Rule I28.
    const AccessRule invite{
        .staff = Staff::operators, .users = Users::owner, .manages_users = true};
    EXPECT_EQ(answer(invite, bob_in(acme), {acme, true, true, everything}, Switch::off),
              "user_management.disabled");
    EXPECT_EQ(answer(invite, bob_in(acme), {acme, true, false, everything}, Switch::off),
              "account.not_owner");
}

TEST(Access, OfOwnersToTheListsStaysWithManagementOff) {  // Rule I28.
    const AccessRule list{.staff = Staff::everyone, .users = Users::owner};
    EXPECT_EQ(answer(list, bob_in(acme), {acme, true, true, everything}, Switch::off), fine);
}

TEST(Access, EndsWithTheAssociation) {  // Rules P10, P13.
    const auto rule = permitted(Permission::tickets);
    EXPECT_EQ(answer(rule, bob_in(acme), {acme, true, false, see_tickets}), fine);
    EXPECT_EQ(answer(rule, bob_in(acme), {acme, true, false, pay_invoices}), "access.denied");
    EXPECT_EQ(answer(rule, bob_in(acme), {acme, false, false, {}}), "account.not_found");
}

TEST(Access, RefusesWhatIsUnknown) {
    const Caller odd{.kind = Kind::admin, .role = static_cast<Role>(77)};
    EXPECT_EQ(answer({.staff = Staff::everyone}, odd, {}), "access.role");
}

}  // namespace muster::access_test
