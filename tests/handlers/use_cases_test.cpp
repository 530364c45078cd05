#include <gtest/gtest.h>

#include "tests/handlers/desk.hpp"

namespace muster::use_cases_test {

using namespace desk;

using Use = std::function<Decision(Work&)>;

Decision nothing(Work&) { return already_so; }

// Ada owns Acme, where Bob may see tickets; Zoe owns an account of her own. Root, Olga and Otto are
// staff.
struct UseCases : testing::Test {
    Desk desk;
    SessionId root = desk.make_admin("root", Role::administrator);
    SessionId olga = desk.make_admin("olga", Role::operator_);
    SessionId otto = desk.make_admin("otto", Role::auditor);
    SignedIn ada = desk.register_with_account("ada");
    SignedIn zoe = desk.register_with_account("zoe");
    SignedIn bob = desk.join(ada.account, "bob", see_tickets);
    AccountId acme = ada.account;

    Result by_staff(const Use& use) { return desk.as(olga).may(operators).ask(use); }
    Result by_root(const Use& use) { return desk.as(root).may(administrators).ask(use); }
    Result by_ada(const Use& use) { return desk.as(ada.session).may(owners, acme).ask(use); }
    Result by_bob(const Use& use) { return desk.as(bob.session).may(users_only).ask(use); }
    Result by_visitor(const Use& use) { return desk.as_nobody().ask(use); }

    Use inviting(const std::string& address, Permissions permissions = pay_invoices) const {
        return [=, account = acme](Work& work) {
            return invite_user(work, account, email(address), permissions);
        };
    }
    Use setting(UserId user, Permissions permissions) const {
        return [=, account = acme](Work& work) {
            return set_permissions(work, account, user, permissions);
        };
    }
    Use removing(UserId user) const {
        return [=, account = acme](Work& work) { return remove_user(work, account, user); };
    }
    Use transferring(UserId to) const {
        return [=, account = acme](Work& work) { return transfer_ownership(work, account, to); };
    }
    static Use changing_status(AccountId account, AccountStatus status) {
        return [=](Work& work) { return update_account(work, account, {{}, status}); };
    }
    static Use switching(std::optional<Switch> registration, std::optional<Switch> management) {
        return [=](Work& work) { return change_settings(work, {registration, management}); };
    }
    static Use registering(const std::string& name) {
        return [=](Work& work) {
            return register_visitor(work, person(name), profile_of(name), "Browser");
        };
    }
    static Use accepting_as(const Link& link, const std::string& name) {
        return [=](Work& work) { return accept_registering(work, link, person(name), "Browser"); };
    }
    static Use accepting(const Link& link) {
        return [=](Work& work) { return accept_signed_in(work, link); };
    }
    Link invited(const std::string& address, Permissions permissions = pay_invoices) {
        return {acme, desk.invite(acme, address, permissions), 1};
    }
    // What a command was refused with; nothing is written then.
    std::string_view refusal(const Result& result) {
        EXPECT_FALSE(result.has_value()) << shown(result);
        return code_of(result);
    }
    bool already(const Result& result) { return result && result->events.empty(); }
    World world() {
        auto all = desk.fold();
        expect_sound(all);
        return all;
    }
    std::optional<AccountId> chosen(SessionId session) {
        std::optional<AccountId> account;
        (void)desk.as(session).ask([&](Work& work) {
            account = work.caller().account;
            return already_so;
        });
        return account;
    }
};

// --- Registering

TEST_F(UseCases, RegisteringMakesAUserAndAnAccountInOneStep) {  // Rules R1, R2.
    const auto before = desk.log.head();
    const auto result = by_visitor(registering("max"));
    EXPECT_EQ(types_of(result), (Types{"user.registered", "account.opened", "session.started"}));
    EXPECT_EQ(result->position.number, before.number + 3);
    const auto user = the<UserRegistered>(result).user;
    const auto account = the<AccountOpened>(result).account;
    EXPECT_EQ(the<AccountOpened>(result).owner, user);
    EXPECT_EQ(the<SessionStarted>(result).account, Mention<AccountId>{account});
    EXPECT_EQ(result->actor, (Actor{ActorKind::user, user.number, {}}));
    const auto all = world();
    EXPECT_EQ(all.accounts.at(account).owner, user);
    EXPECT_EQ(all.users.at(user).accounts.at(account), Tie::owner);
}

TEST_F(UseCases, RegistrationCanBeSwitchedOff) {  // Rule R1.
    const auto link = invited("max@example.com");
    ASSERT_TRUE(by_root(switching(Switch::off, {})));
    const auto before = desk.log.head();
    EXPECT_EQ(refusal(by_visitor(registering("max"))), "registration.disabled");
    EXPECT_EQ(desk.log.head(), before);
    EXPECT_TRUE(by_visitor(accepting_as(link, "max"))) << "an invitation still works";
    ASSERT_TRUE(by_root(switching(Switch::on, {})));
    EXPECT_TRUE(by_visitor(registering("eve")));
}

TEST_F(UseCases, AnAddressHasOneUser) {  // Rules E13, E14.
    EXPECT_EQ(refusal(by_visitor([](Work& work) {
                  auto user = person("ada");
                  user.email = email(" ADA@EXAMPLE.com");
                  return register_visitor(work, user, {}, "Browser");
              })),
              "user.email_taken");
}

TEST_F(UseCases, NoSecretIsInAnyEvent) {
    const std::string password = "canary-password", hash = "$argon2id$canary-hash";
    const auto secret_person = [&](const std::string& name) { return person(name, hash + name); };
    const auto link = invited("eve@example.com");
    const auto visitor = by_visitor(
        [&](Work& work) { return register_visitor(work, secret_person("max"), {}, "Browser"); });
    ASSERT_TRUE(visitor);
    ASSERT_TRUE(by_visitor([&](Work& work) {
        return accept_registering(work, link, secret_person("eve"), "Browser");
    }));
    ASSERT_TRUE(
        by_staff([&](Work& work) { return open_account_with(work, secret_person("kim"), {}); }));
    ASSERT_TRUE(by_staff(
        [&](Work& work) { return change_password(work, bob.user, hash, {Proof::Kind::staff}); }));
    ASSERT_TRUE(by_root([&](Work& work) {
        return create_admin(work, {"Kim", email("kim@staff.example"), Role::auditor, hash});
    }));
    const auto read = desk.log.read({}, SIZE_MAX, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, &desk.keyring);
        std::string json;
        JsonWriter out{json};
        write_record(out, *record, stored);
        for (const auto& canary : {password, hash, std::string{"canary"}}) {
            EXPECT_EQ(stored.bytes.find(canary), std::string::npos);
            EXPECT_EQ(json.find(canary), std::string::npos) << json;
        }
        return true;
    });
    EXPECT_TRUE(read && *read > 0);
    const auto sealed = desk.log.vault(
        vault_key(SecretKind::user_password, the<UserRegistered>(visitor).user.number));
    ASSERT_TRUE(sealed && *sealed);
    EXPECT_EQ((*sealed)->find("canary"), std::string::npos);
}

TEST_F(UseCases, PersonalDataIsSealedInTheRecords) {
    const auto read = desk.log.read({}, SIZE_MAX, [](const Stored& stored) {
        for (const auto* canary : {"ada@", "bob@", "Example", "Browser"})
            EXPECT_EQ(stored.bytes.find(canary), std::string::npos);
        return true;
    });
    EXPECT_TRUE(read.has_value());
}

// --- Accounts

TEST_F(UseCases, AUserMayOpenFurtherAccounts) {  // Rules R3, R4, E6.
    const auto opening = [](Work& work) { return open_own_account(work, profile_of("Second")); };
    const auto second = desk.as(bob.session).may(users_only).ask(opening);
    EXPECT_EQ(types_of(second), Types{"account.opened"}) << "one is chosen already";
    EXPECT_EQ(chosen(bob.session), acme);
    ASSERT_TRUE(by_ada(removing(bob.user)));
    EXPECT_EQ(chosen(bob.session), std::nullopt);
    const auto third = desk.as(bob.session).may(users_only).ask(opening);
    EXPECT_EQ(types_of(third), (Types{"account.opened", "session.account_chosen"}));
    EXPECT_EQ(chosen(bob.session), the<AccountOpened>(third).account);
    EXPECT_EQ(refusal(desk.as_nobody().may(users_only).ask(opening)), "session.required");
    EXPECT_EQ(world().users.at(bob.user).accounts.size(), 2U);
}

TEST_F(UseCases, StaffOpensAnAccountForAUser) {  // Rules R5, R7, R8.
    const auto opening = [](UserId owner) {
        return [=](Work& work) { return open_account_for(work, owner, {}); };
    };
    const auto made = by_staff(opening(bob.user));
    EXPECT_EQ(types_of(made), Types{"account.opened"});
    EXPECT_EQ(the<AccountOpened>(made).owner, bob.user);
    const auto before = desk.log.head();
    EXPECT_EQ(refusal(by_staff(opening(UserId{99}))), "user.not_found");
    EXPECT_EQ(desk.log.head(), before);
}

TEST_F(UseCases, StaffOpensAnAccountWithANewUser) {  // Rules R5, R6, R9.
    Profile profile = profile_of("Shared");
    profile.email = "ada@example.com";
    const auto opening = [&](const std::string& name) {
        return by_staff([&](Work& work) {
            return open_account_with(work, person(name, std::nullopt), profile);
        });
    };
    const auto made = opening("max");
    EXPECT_EQ(types_of(made), (Types{"user.registered", "account.opened"}));
    EXPECT_EQ(the<AccountOpened>(made).owner, the<UserRegistered>(made).user);
    EXPECT_EQ(the<UserRegistered>(made).password, 0U);
    const auto before = desk.log.head();
    EXPECT_EQ(refusal(opening("ada")), "user.email_taken");
    EXPECT_EQ(desk.log.head(), before);
    EXPECT_EQ(the<AccountOpened>(opening("kim")).account.number,
              the<AccountOpened>(made).account.number + 1);
}

TEST_F(UseCases, AnAccountsProfileChangesByItself) {  // Rule E9.
    UpdateAccount command;
    command.profile.email = "office@example.com";
    command.profile.company_name = "ada";
    const auto updating = [&](Work& work) { return update_account(work, acme, command); };
    const auto result = by_ada(updating);
    EXPECT_EQ(types_of(result), Types{"account.profile_changed"});
    EXPECT_EQ(the<ProfileChanged>(result).profile.value->company_name, std::nullopt);
    EXPECT_TRUE(already(by_ada(updating)));
    const auto all = world();
    EXPECT_EQ(all.accounts.at(acme).profile.value->email, "office@example.com");
    EXPECT_EQ(all.users.at(ada.user).person.value->email, "ada@example.com");
    EXPECT_EQ(refusal(by_staff(changing_status(AccountId{99}, AccountStatus::closed))),
              "account.not_found");
}

TEST_F(UseCases, ClosingCancelsInvitationsAndKeepsAssociations) {  // Rules I26, X8.
    const auto link = invited("max@example.com");
    const auto closed = by_staff(changing_status(acme, AccountStatus::closed));
    EXPECT_EQ(types_of(closed), (Types{"account.invitation_cancelled", "account.closed"}));
    EXPECT_TRUE(already(by_staff(changing_status(acme, AccountStatus::closed))));
    EXPECT_EQ(refusal(by_visitor(accepting_as(link, "max"))), "invitation.not_found");
    EXPECT_EQ(refusal(by_staff(inviting("max@example.com"))), "account.closed");
    EXPECT_EQ(world().accounts.at(acme).users.size(), 2U);
    EXPECT_EQ(types_of(by_staff(changing_status(acme, AccountStatus::active))),
              Types{"account.activated"});
    EXPECT_EQ(types_of(by_staff(changing_status(acme, AccountStatus::inactive))),
              Types{"account.deactivated"});
    EXPECT_EQ(refusal(by_visitor(accepting_as(link, "max"))), "invitation.not_found");
}

TEST_F(UseCases, DeletingAnAccountMayTakeItsUsersAlong) {  // Rules X3, X6, X17, E16.
    ASSERT_TRUE(by_staff([&](Work& work) { return open_account_for(work, bob.user, {}); }));
    const auto deleting = [&](Work& work) {
        return delete_account(work, acme, DeleteAccount::Users::go);
    };
    EXPECT_EQ(refusal(desk.as(olga).may(administrators).ask(deleting)), "access.role");
    const auto result = by_root(deleting);
    EXPECT_EQ(types_of(result), (Types{"account.deleted", "session.ended", "user.deleted"}));
    EXPECT_EQ(the<UserDeleted>(result).user, ada.user);
    const auto all = world();
    EXPECT_TRUE(all.users.at(bob.user).present());
    EXPECT_EQ(all.users.at(bob.user).accounts.size(), 1U);
    EXPECT_TRUE(already(by_root(deleting)));
    EXPECT_EQ(refusal(desk.as(ada.session).may(users_only).ask(nothing)), "session.required");
}

TEST_F(UseCases, DeletingAnAccountMayLeaveItsUsers) {  // Rules X7, E16, L9.
    const auto link = invited("max@example.com");
    const auto deleting = [&](AccountId account) {
        return by_root(
            [=](Work& work) { return delete_account(work, account, DeleteAccount::Users::stay); });
    };
    EXPECT_EQ(types_of(deleting(acme)), (Types{"account.invitation_cancelled", "account.deleted"}));
    EXPECT_EQ(refusal(by_visitor(accepting_as(link, "max"))), "invitation.not_found");
    EXPECT_TRUE(desk.as(ada.session).may(users_only).ask(nothing)) << "signed in, nothing chosen";
    EXPECT_EQ(chosen(ada.session), std::nullopt);
    EXPECT_EQ(refusal(by_ada(nothing)), "account.not_found");
    EXPECT_EQ(refusal(deleting(AccountId{99})), "account.not_found");
    EXPECT_TRUE(world().users.at(ada.user).accounts.empty());
    EXPECT_EQ(chosen(desk.sign_in_again(ada.user)), std::nullopt);
}

// --- Associations

TEST_F(UseCases, StaffAssociatesAUserAtOnce) {  // Rule I7.
    const auto associating = [&](UserId user, Permissions permissions) {
        return by_staff(
            [=, this](Work& work) { return associate_user(work, acme, user, permissions); });
    };
    const auto result = associating(zoe.user, pay_invoices);
    EXPECT_EQ(types_of(result), Types{"account.association_granted"});
    EXPECT_EQ(the<AssociationGranted>(result).invitation, std::nullopt);
    EXPECT_TRUE(already(associating(zoe.user, pay_invoices)));
    EXPECT_EQ(refusal(associating(zoe.user, see_tickets)), "account.already_associated");
    EXPECT_EQ(refusal(associating(ada.user, Permissions::all())), "account.already_associated");
    EXPECT_EQ(refusal(associating(UserId{99}, see_tickets)), "user.not_found");
    EXPECT_EQ(refusal(associating(zoe.user, {})), "permissions.empty");
    EXPECT_EQ(refusal(by_staff([&](Work& work) {
                  return associate_user(work, AccountId{99}, zoe.user, see_tickets);
              })),
              "account.not_found");
    EXPECT_EQ(world().accounts.at(acme).users.at(zoe.user), pay_invoices);
}

TEST_F(UseCases, StaffAssociatesAnAddressAndMakesItsUserWhereThereIsNone) {  // Rule I8.
    const auto associating = [&](const std::string& name, Permissions permissions) {
        return by_staff([=, this](Work& work) {
            return associate_address(work, acme, person(name, std::nullopt), permissions);
        });
    };
    const auto made = associating("max", see_tickets);
    EXPECT_EQ(types_of(made), (Types{"user.registered", "account.association_granted"}));
    EXPECT_EQ(the<UserRegistered>(made).password, 0U);
    const auto max = the<UserRegistered>(made).user;
    EXPECT_EQ(
        refusal(by_visitor([&](Work& work) { return sign_in(work, {max.number, 0}, "Browser"); })),
        "session.invalid_credentials");
    EXPECT_TRUE(already(associating("max", see_tickets)));
    const auto known = associating("zoe", see_tickets);
    EXPECT_EQ(types_of(known), Types{"account.association_granted"});
    EXPECT_EQ(the<AssociationGranted>(known).user, zoe.user);
    EXPECT_EQ(refusal(associating("kim", {})), "permissions.empty");
    EXPECT_EQ(world().users.at(max).accounts.size(), 1U);
}

TEST_F(UseCases, TheOwnerSetsOthersPermissions) {  // Rules P2, P3, P4, P5, P6.
    EXPECT_EQ(types_of(by_ada(setting(bob.user, pay_invoices))), Types{"account.permissions_set"});
    EXPECT_TRUE(already(by_ada(setting(bob.user, pay_invoices))));
    EXPECT_EQ(world().accounts.at(acme).users.at(bob.user), pay_invoices);
    EXPECT_EQ(refusal(by_ada(setting(ada.user, see_tickets))), "account.owner_permissions");
    EXPECT_EQ(refusal(by_staff(setting(ada.user, see_tickets))), "account.owner_permissions");
    EXPECT_EQ(refusal(by_ada(setting(bob.user, {}))), "permissions.empty");
    EXPECT_EQ(refusal(by_ada(setting(zoe.user, see_tickets))), "account.not_associated");
    EXPECT_EQ(refusal(by_staff([&](Work& work) {
                  return set_permissions(work, AccountId{99}, bob.user, see_tickets);
              })),
              "account.not_found");
}

TEST_F(UseCases, ChangedPermissionsHoldFromTheNextRequestOn) {  // Rules P9, P10.
    const auto tickets = [&] {
        return desk.as(bob.session).may(permitted(Permission::tickets), acme).ask(nothing);
    };
    EXPECT_TRUE(tickets());
    ASSERT_TRUE(by_ada(setting(bob.user, pay_invoices)));
    const auto denied = tickets();
    EXPECT_EQ(refusal(denied), "access.denied");
    EXPECT_EQ(denied.error().held, pay_invoices);
    EXPECT_TRUE(desk.as(bob.session).may(permitted(Permission::invoices), acme).ask(nothing));
}

TEST_F(UseCases, ARemovedUserIsBackAtTheChoosePage) {  // Rules P11, P12, P13, P15.
    EXPECT_EQ(chosen(bob.session), acme);
    EXPECT_EQ(types_of(by_ada(removing(bob.user))), Types{"account.association_ended"});
    EXPECT_TRUE(already(by_ada(removing(bob.user))));
    EXPECT_EQ(chosen(bob.session), std::nullopt);
    EXPECT_TRUE(by_bob(nothing));
    EXPECT_EQ(refusal(desk.as(bob.session).may(permitted(Permission::tickets), acme).ask(nothing)),
              "account.not_found");
    EXPECT_EQ(refusal(by_ada(removing(ada.user))), "account.owner_cannot_be_removed");
    EXPECT_EQ(refusal(by_staff(removing(ada.user))), "account.owner_cannot_be_removed");
    EXPECT_EQ(refusal(by_ada(removing(zoe.user))), "account.not_associated");
    EXPECT_EQ(
        refusal(by_staff([&](Work& work) { return remove_user(work, AccountId{99}, bob.user); })),
        "account.not_found");
    ASSERT_TRUE(
        by_staff([&](Work& work) { return associate_user(work, acme, bob.user, pay_invoices); }));
    EXPECT_EQ(world().accounts.at(acme).users.at(bob.user), pay_invoices);
    EXPECT_TRUE(world().users.at(bob.user).present());
}

TEST_F(UseCases, WhoDoesNotOwnAnAccountMayLeaveIt) {  // Rules P14, L8.
    const auto leaving = [](AccountId account) {
        return [=](Work& work) { return leave_account(work, account); };
    };
    EXPECT_EQ(refusal(desk.as(ada.session).may(users_only).ask(leaving(acme))),
              "account.owner_cannot_leave");
    EXPECT_EQ(refusal(by_bob(leaving(zoe.account))), "account.not_found");
    EXPECT_EQ(refusal(by_bob(leaving(AccountId{99}))), "account.not_found");
    const auto left = by_bob(leaving(acme));
    EXPECT_EQ(types_of(left), Types{"account.association_ended"});
    EXPECT_EQ(left->actor, (Actor{ActorKind::user, bob.user.number, {}}));
    EXPECT_TRUE(already(by_bob(leaving(acme))));
}

TEST_F(UseCases, OnlyStaffTransfersOwnership) {  // Rules O1, O2.
    const auto rule = operators;
    EXPECT_EQ(refusal(desk.as(ada.session).may(rule, acme).ask(transferring(bob.user))),
              "access.role");
    EXPECT_EQ(refusal(desk.as(otto).may(rule, acme).ask(transferring(bob.user))), "access.role");
    EXPECT_EQ(refusal(by_staff(transferring(zoe.user))), "account.not_associated");
    EXPECT_EQ(refusal(by_staff(transferring(UserId{99}))), "account.not_associated");
    EXPECT_EQ(refusal(by_staff(
                  [&](Work& work) { return transfer_ownership(work, AccountId{99}, bob.user); })),
              "account.not_found");
}

TEST_F(UseCases, ATransferIsOneStepAndKeepsTheOldOwnerAssociated) {  // Rules O3, O4, O5, O6.
    const auto profile = bytes_of(world().accounts.at(acme).profile.value.value());
    const auto before = desk.log.head();
    const auto result = by_staff(transferring(bob.user));
    EXPECT_EQ(types_of(result), Types{"account.ownership_transferred"});
    EXPECT_TRUE(already(by_staff(transferring(bob.user))));
    EXPECT_EQ(desk.log.head().number, before.number + 1);
    const auto account = world().accounts.at(acme);
    EXPECT_EQ(account.owner, bob.user);
    EXPECT_EQ(account.users.at(ada.user), Permissions::all());
    EXPECT_EQ(bytes_of(account.profile.value.value()), profile);
    EXPECT_EQ(refusal(by_ada(setting(bob.user, see_tickets))), "account.not_owner");
    EXPECT_TRUE(desk.as(bob.session).may(owners, acme).ask(setting(ada.user, see_tickets)));
}

TEST_F(UseCases, OfTwoTransfersAtOnceTheSecondSeesTheFirst) {  // Rule O7.
    ASSERT_TRUE(
        by_staff([&](Work& work) { return associate_user(work, acme, zoe.user, see_tickets); }));
    auto first = desk.as(olga).may(operators).send(transferring(bob.user));
    auto second = desk.as(root).may(operators).send(transferring(zoe.user));
    EXPECT_EQ(the<OwnershipTransferred>(answer(first)).from, ada.user);
    EXPECT_EQ(the<OwnershipTransferred>(answer(second)).from, bob.user);
    EXPECT_EQ(world().accounts.at(acme).owner, zoe.user);
}

// --- Invitations

TEST_F(UseCases, InClientsAreaOnlyTheOwnerInvites) {  // Rules I1, I2.
    EXPECT_TRUE(by_ada(inviting("max@example.com")));
    EXPECT_TRUE(by_staff(inviting("kim@example.com")));
    const auto bobs = desk.as(bob.session).may(owners, acme).ask(inviting("eve@example.com"));
    EXPECT_EQ(refusal(bobs), "account.not_owner");
    EXPECT_EQ(bobs.error().held, see_tickets);
    EXPECT_EQ(refusal(desk.as(zoe.session).may(owners, acme).ask(inviting("eve@example.com"))),
              "account.not_found");
    EXPECT_EQ(refusal(desk.as(otto).may(owners, acme).ask(inviting("eve@example.com"))),
              "access.role");
    EXPECT_EQ(refusal(desk.as_nobody().may(owners, acme).ask(inviting("eve@example.com"))),
              "session.required");
}

TEST_F(UseCases, AnInvitationSaysWhatItGrantsAndUntilWhen) {  // Rules I3, I4, I20, I21, I22.
    const auto sent = the<UserInvited>(by_ada(inviting("Max@Example.com")));
    EXPECT_EQ(sent.permissions, pay_invoices);
    EXPECT_EQ(sent.expires_at, monday + invitation_lifetime);
    EXPECT_EQ(sent.invitee.value->email, "Max@Example.com");
    const auto again = by_ada(inviting("max@example.com"));
    EXPECT_EQ(refusal(again), "invitation.pending");
    EXPECT_EQ(again.error().invitation, sent.invitation);
    EXPECT_EQ(refusal(by_ada(inviting("bob@example.com"))), "account.already_associated");
    EXPECT_EQ(refusal(by_ada(inviting("kim@example.com", {}))), "permissions.empty");
    EXPECT_EQ(refusal(by_staff([](Work& work) {
                  return invite_user(work, AccountId{99}, email("kim@example.com"), see_tickets);
              })),
              "account.not_found");
    desk.wait(invitation_lifetime);
    EXPECT_EQ(types_of(by_ada(inviting("max@example.com"))),
              (Types{"account.invitation_cancelled", "account.user_invited"}));
}

TEST_F(UseCases, OneClickAcceptsForWhoIsSignedIn) {  // Rules I10, I11, I12, I13, I27.
    const auto link = invited("somebody-else@example.com");
    const auto accepted = desk.as(zoe.session).may(users_only).ask(accepting(link));
    EXPECT_EQ(types_of(accepted), Types{"account.association_granted"});
    EXPECT_EQ(the<AssociationGranted>(accepted).permissions, pay_invoices);
    EXPECT_EQ(the<AssociationGranted>(accepted).invitation, link.invitation);
    EXPECT_EQ(chosen(zoe.session), zoe.account) << "what was chosen stays chosen";
    EXPECT_TRUE(already(desk.as(zoe.session).may(users_only).ask(accepting(link))));
    EXPECT_EQ(refusal(desk.as_nobody().may(users_only).ask(accepting(link))), "session.required");
    EXPECT_EQ(world().accounts.at(acme).users.at(zoe.user), pay_invoices);
}

TEST_F(UseCases, AcceptingChoosesWhereNothingIsChosen) {  // Rule L9.
    ASSERT_TRUE(by_root(
        [&](Work& work) { return delete_account(work, zoe.account, DeleteAccount::Users::stay); }));
    const auto accepted =
        desk.as(zoe.session).may(users_only).ask(accepting(invited("zoe@example.com")));
    EXPECT_EQ(types_of(accepted), (Types{"account.association_granted", "session.account_chosen"}));
    EXPECT_EQ(chosen(zoe.session), acme);
}

TEST_F(UseCases, SigningInAccepts) {  // Rules I10, L1.
    const auto link = invited("zoe@example.com");
    const auto signing_in = [&](std::uint32_t password) {
        return by_visitor([=, this](Work& work) {
            return accept_signing_in(work, link, {zoe.user.number, password}, "Phone");
        });
    };
    EXPECT_EQ(refusal(signing_in(2)), "session.invalid_credentials");
    EXPECT_EQ(world().accounts.at(acme).users.count(zoe.user), 0U) << "nothing was spent";
    const auto result = signing_in(1);
    EXPECT_EQ(types_of(result), (Types{"account.association_granted", "session.started"}));
    EXPECT_EQ(result->actor, (Actor{ActorKind::user, zoe.user.number, {}}));
    EXPECT_EQ(chosen(the<SessionStarted>(result).session), zoe.account) << "her only one before";
    const auto again = signing_in(1);
    EXPECT_EQ(types_of(again), Types{"session.started"}) << "accepted already: signed in again";

    const auto other = invited("ada@elsewhere.example");
    EXPECT_EQ(refusal(by_visitor([&](Work& work) {
                  return accept_signing_in(work, other, {ada.user.number, 1}, "Phone");
              })),
              "account.already_associated");
}

TEST_F(UseCases, SigningInToAcceptChoosesTheAccountOfTheInvitation) {  // Rule L2.
    ASSERT_TRUE(by_staff([&](Work& work) { return open_account_for(work, zoe.user, {}); }));
    const auto link = invited("zoe@example.com");
    const auto result = by_visitor(
        [&](Work& work) { return accept_signing_in(work, link, {zoe.user.number, 1}, "Phone"); });
    EXPECT_EQ(chosen(the<SessionStarted>(result).session), acme);
}

TEST_F(UseCases, RegisteringAccepts) {  // Rules I10, I12, I13, I14.
    const auto link = invited("other@example.com");
    const auto result = by_visitor(accepting_as(link, "max"));
    EXPECT_EQ(types_of(result),
              (Types{"user.registered", "account.association_granted", "session.started"}));
    const auto max = the<UserRegistered>(result).user;
    EXPECT_EQ(result->actor, (Actor{ActorKind::user, max.number, {}}));
    EXPECT_EQ(chosen(the<SessionStarted>(result).session), acme);
    const auto all = world();
    EXPECT_EQ(all.users.at(max).accounts, (std::map<AccountId, Tie>{{acme, Tie::associated}}));
}

TEST_F(UseCases, RegisteringWithATakenAddressLeavesTheLinkUsable) {  // Rule I15.
    const auto link = invited("zoe@example.com");
    const auto before = desk.log.head();
    EXPECT_EQ(refusal(by_visitor(accepting_as(link, "zoe"))), "user.email_taken");
    EXPECT_EQ(desk.log.head(), before);
    EXPECT_TRUE(desk.as(zoe.session).may(users_only).ask(accepting(link)));
}

TEST_F(UseCases, DeadLinksAreAllTheSame) {  // Rules I16, I18, I19.
    const auto used = invited("used@example.com");
    const auto cancelled = invited("cancelled@example.com");
    const auto resent = invited("resent@example.com");
    ASSERT_TRUE(by_visitor(accepting_as(used, "max")));
    const auto cancel = [&](const Link& link) {
        return by_ada(
            [=](Work& work) { return cancel_invitation(work, link.account, link.invitation); });
    };
    const auto resend = [&](const Link& link) {
        return by_ada(
            [=](Work& work) { return resend_invitation(work, link.account, link.invitation); });
    };
    ASSERT_TRUE(cancel(cancelled));
    EXPECT_TRUE(already(cancel(cancelled)));
    EXPECT_EQ(the<InvitationResent>(resend(resent)).link, 2U);
    const Link unknown{acme, InvitationId{99}, 1}, elsewhere{zoe.account, resent.invitation, 2},
        nowhere{AccountId{99}, resent.invitation, 2}, renewed{acme, resent.invitation, 2};
    const auto before = desk.log.head();
    // The address is taken: who has no link must not learn that.
    for (const auto& link : {used, cancelled, resent, unknown, elsewhere, nowhere}) {
        EXPECT_EQ(refusal(by_visitor(accepting_as(link, "ada"))), "invitation.not_found");
        EXPECT_EQ(refusal(desk.as(zoe.session).may(users_only).ask(accepting(link))),
                  "invitation.not_found");
    }
    desk.wait(invitation_lifetime);
    EXPECT_EQ(refusal(by_visitor(accepting_as(renewed, "ada"))), "invitation.not_found");
    EXPECT_EQ(desk.log.head(), before);

    EXPECT_EQ(refusal(cancel(used)), "invitation.accepted");
    EXPECT_EQ(refusal(resend(used)), "invitation.accepted");
    EXPECT_EQ(refusal(resend(cancelled)), "invitation.not_found");
    EXPECT_EQ(refusal(resend(unknown)), "invitation.not_found");
    EXPECT_EQ(refusal(cancel(unknown)), "invitation.not_found");
    EXPECT_EQ(the<InvitationResent>(resend(resent)).link, 3U) << "an expired one is revived";
    EXPECT_TRUE(by_visitor(accepting_as({acme, resent.invitation, 3}, "kim")));
}

TEST_F(UseCases, OfTwoWhoRaceForALinkOneWins) {  // Rule I17.
    const auto link = invited("max@example.com");
    auto first = desk.as_nobody().send(accepting_as(link, "max"));
    auto second = desk.as(zoe.session).may(users_only).send(accepting(link));
    EXPECT_TRUE(answer(first).has_value());
    EXPECT_EQ(refusal(answer(second)), "invitation.not_found");
}

TEST_F(UseCases, WhoHasAccessAlreadySpendsNothingByAccepting) {  // Rule I24.
    const auto link = invited("max@example.com");
    EXPECT_EQ(refusal(desk.as(ada.session).may(users_only).ask(accepting(link))),
              "account.already_associated");
    EXPECT_EQ(refusal(by_bob(accepting(link))), "account.already_associated");
    EXPECT_EQ(world().accounts.at(acme).users.at(bob.user), see_tickets);
    EXPECT_TRUE(by_visitor(accepting_as(link, "max")));
}

TEST_F(UseCases, AnInvitationOutlivesAChangeOfOwner) {  // Rule I25.
    const auto link = invited("max@example.com");
    ASSERT_TRUE(by_staff(transferring(bob.user)));
    ASSERT_TRUE(desk.as(bob.session).may(owners, acme).ask(removing(ada.user)));
    EXPECT_TRUE(by_visitor(accepting_as(link, "max")));
}

TEST_F(UseCases, UserManagementCanBeTakenFromOwners) {  // Rules I28, I29.
    const auto link = invited("max@example.com");
    ASSERT_TRUE(by_root(switching({}, Switch::off)));
    EXPECT_EQ(refusal(by_ada(inviting("kim@example.com"))), "user_management.disabled");
    EXPECT_EQ(refusal(by_ada(setting(bob.user, pay_invoices))), "user_management.disabled");
    auto reading = owners;
    reading.manages_users = false;
    EXPECT_TRUE(desk.as(ada.session).may(reading, acme).ask(nothing));
    EXPECT_EQ(refusal(desk.as(bob.session).may(owners, acme).ask(inviting("kim@example.com"))),
              "account.not_owner");
    EXPECT_TRUE(desk.as(olga).may(owners, acme).ask(inviting("kim@example.com")));
    EXPECT_TRUE(by_visitor(accepting_as(link, "max")));
    ASSERT_TRUE(by_root(switching({}, Switch::on)));
    EXPECT_TRUE(by_ada(inviting("eve@example.com")));
}

// --- Signing in, choosing, switching

TEST_F(UseCases, TheOnlyOpenAccountIsChosenAtSignIn) {  // Rules L1, L2, L6.
    EXPECT_EQ(chosen(desk.sign_in_again(bob.user)), acme);
    const auto made = by_staff([&](Work& work) { return open_account_for(work, bob.user, {}); });
    const auto second = the<AccountOpened>(made).account;
    const auto session = desk.sign_in_again(bob.user);
    EXPECT_EQ(chosen(session), std::nullopt);
    const auto asked = desk.as(session).may(permitted(Permission::tickets), acme).ask(nothing);
    EXPECT_EQ(refusal(asked), "session.account_required");
    EXPECT_EQ(asked.error().other_account, acme);
    ASSERT_TRUE(by_staff(changing_status(second, AccountStatus::closed)));
    EXPECT_EQ(chosen(desk.sign_in_again(bob.user)), acme);
    ASSERT_TRUE(by_staff(changing_status(acme, AccountStatus::inactive)));
    EXPECT_EQ(chosen(desk.sign_in_again(bob.user)), acme) << "inactive is open";
}

TEST_F(UseCases, AUserSwitchesAtAnyTime) {  // Rules L3, L4, L5, L7, L8.
    const auto choosing = [](AccountId account) {
        return [=](Work& work) { return choose_account(work, account); };
    };
    const auto made = by_staff([&](Work& work) { return open_account_for(work, bob.user, {}); });
    const auto second = the<AccountOpened>(made).account;
    const auto asked = desk.as(bob.session).may(permitted(Permission::orders), second).ask(nothing);
    EXPECT_EQ(refusal(asked), "session.other_account");
    EXPECT_EQ(asked.error().other_account, second);
    EXPECT_EQ(types_of(by_bob(choosing(second))), Types{"session.account_chosen"});
    EXPECT_TRUE(already(by_bob(choosing(second))));
    EXPECT_EQ(chosen(bob.session), second);
    EXPECT_EQ(refusal(desk.as(bob.session).may(permitted(Permission::tickets), acme).ask(nothing)),
              "session.other_account");
    ASSERT_TRUE(by_staff(changing_status(acme, AccountStatus::closed)));
    EXPECT_EQ(refusal(by_bob(choosing(acme))), "account.closed");
    EXPECT_EQ(refusal(by_bob(choosing(zoe.account))), "account.not_found");
    EXPECT_EQ(refusal(by_bob(choosing(AccountId{99}))), "account.not_found");
    ASSERT_TRUE(by_staff(changing_status(second, AccountStatus::closed)));
    EXPECT_EQ(chosen(bob.session), std::nullopt) << "closed while it was chosen";
    EXPECT_EQ(refusal(desk.as(bob.session).may(permitted(Permission::orders), second).ask(nothing)),
              "session.account_required");
}

TEST_F(UseCases, EveryChoiceOfAnAccountIsKept) {  // Rule E12.
    const auto session = desk.sign_in_again(bob.user);
    const auto made = by_staff([&](Work& work) { return open_account_for(work, bob.user, {}); });
    ASSERT_TRUE(desk.as(session).ask(
        [&](Work& work) { return choose_account(work, the<AccountOpened>(made).account); }));
    ASSERT_TRUE(desk.as(session).ask([&](Work& work) { return choose_account(work, acme); }));
    std::vector<std::uint64_t> choices;
    for (const auto& record : world().records) {
        const auto* started = std::get_if<SessionStarted>(&record.event);
        const auto* choice = std::get_if<AccountChosen>(&record.event);
        if (started && started->session == session) choices.push_back(started->account->key.number);
        if (choice && choice->session == session) choices.push_back(choice->account.key.number);
    }
    EXPECT_EQ(choices, (std::vector<std::uint64_t>{1, 3, 1}));
}

TEST_F(UseCases, ASessionEndsBySigningOutOrByItself) {
    const auto phone = desk.sign_in_again(bob.user);
    EXPECT_EQ(types_of(desk.as(phone).may(users_only).ask(sign_out)), Types{"session.ended"});
    EXPECT_EQ(refusal(desk.as(phone).may(users_only).ask(sign_out)), "session.required");
    EXPECT_EQ(refusal(desk.as(SessionId{99}).may(users_only).ask(nothing)), "session.required");
    EXPECT_TRUE(by_bob(nothing));
    const auto by_olga = [&](auto use_case) { return desk.as(olga).may(operators).ask(use_case); };
    for (auto left = admin_session_lifetime - 1h; left > 0h; left -= 1h) {
        desk.wait(1h);
        EXPECT_EQ(types_of(by_olga(use_session)), Types{"session.used"});
    }
    desk.wait(1h - 1ms);
    EXPECT_TRUE(by_olga(nothing)) << "in use";
    desk.wait(1ms);
    EXPECT_EQ(refusal(by_olga(nothing)), "session.required");
    desk.wait(session_lifetime - admin_session_lifetime - 1ms - 4 * 96h);
    for (int days = 0; days < 16; days += 4) {
        EXPECT_TRUE(by_bob(use_session));
        desk.wait(96h);
    }
    EXPECT_TRUE(by_bob(nothing)) << "in use";
    desk.wait(1ms);
    EXPECT_EQ(refusal(by_bob(nothing)), "session.required");
    const auto visitor = desk.as(bob.session).ask(registering("max"));
    EXPECT_TRUE(visitor) << "who is signed out may do what anybody may";
    EXPECT_EQ(visitor->caller.kind, Caller::Kind::anonymous);
}

TEST_F(UseCases, ASessionThatLiesUnusedEndsByItself) {
    desk.wait(admin_session_idle_limit - 1ms);
    EXPECT_TRUE(desk.as(olga).may(operators).ask(nothing));
    desk.wait(1ms);
    EXPECT_EQ(refusal(desk.as(olga).may(operators).ask(nothing)), "session.required");
    desk.wait(14h - admin_session_idle_limit - 1ms);
    EXPECT_TRUE(by_bob(use_session)->events.empty()) << "so soon after the sign-in";
    desk.wait(1ms);
    EXPECT_EQ(types_of(by_bob(use_session)), Types{"session.used"});
    EXPECT_TRUE(by_bob(use_session)->events.empty());
    desk.wait(session_idle_limit - 1ms);
    EXPECT_TRUE(by_bob(nothing));
    desk.wait(1ms);
    EXPECT_EQ(refusal(by_bob(use_session)), "session.required");
}

TEST_F(UseCases, StaffSignsInAndOut) {
    const auto signing_in = [&](std::uint64_t admin, std::uint32_t password) {
        return by_visitor(
            [=](Work& work) { return sign_in_admin(work, {admin, password}, "Browser"); });
    };
    const auto result = signing_in(2, 1);
    EXPECT_EQ(types_of(result), Types{"session.admin_started"});
    EXPECT_EQ(result->actor, (Actor{ActorKind::admin, 2, {}}));
    EXPECT_EQ(refusal(signing_in(2, 2)), "session.invalid_credentials");
    EXPECT_EQ(refusal(signing_in(99, 1)), "session.invalid_credentials");
    const auto session = the<AdminSessionStarted>(result).session;
    EXPECT_EQ(types_of(desk.as(session).ask(sign_out)), Types{"session.admin_ended"});
    EXPECT_EQ(refusal(desk.as(session).may(all_staff).ask(nothing)), "session.required");
}

// --- Users

TEST_F(UseCases, TheOwnAddressIsChangedWithThePresentPasswordOnly) {  // Rules L12, E10, E13.
    const auto changing = [&](const std::string& address, const Proof& proof) {
        return by_bob([=, this](Work& work) {
            UserChanges changes;
            changes.email = email(address);
            return update_user(work, bob.user, changes, proof);
        });
    };
    EXPECT_EQ(refusal(changing("rob@example.com", {})), "password.wrong");
    EXPECT_EQ(refusal(changing("rob@example.com", {Proof::Kind::password, 2})), "password.wrong");
    EXPECT_EQ(refusal(changing("ada@example.com", {Proof::Kind::password, 1})), "user.email_taken");
    EXPECT_EQ(types_of(changing("rob@example.com", {Proof::Kind::password, 1})),
              Types{"user.email_changed"});
    EXPECT_TRUE(already(changing("rob@example.com", {})));
    EXPECT_EQ(types_of(changing("Rob@Example.com", {Proof::Kind::password, 1})),
              Types{"user.email_changed"})
        << "only spelled in another way";
    const auto all = world();
    EXPECT_EQ(all.holders.at(desk.key_of("rob@example.com")).user, bob.user);
    EXPECT_FALSE(all.holders.at(desk.key_of("bob@example.com")).user);
    EXPECT_TRUE(by_visitor(registering("bob")));
}

TEST_F(UseCases, NameAndLanguageNeedNoPassword) {  // Rule E9.
    UserChanges changes;
    changes.first_name = "Robert";
    changes.language = "de";
    const auto updating = [&](UserId user) {
        return by_bob([&, user](Work& work) { return update_user(work, user, changes, {}); });
    };
    EXPECT_EQ(types_of(updating(bob.user)), (Types{"user.renamed", "user.language_chosen"}));
    EXPECT_TRUE(already(updating(bob.user)));
    EXPECT_EQ(refusal(updating(UserId{99})), "user.not_found");
    EXPECT_EQ(world().users.at(bob.user).person.value->first_name, "Robert");
    EXPECT_EQ(world().accounts.at(acme).profile.value->first_name, "");
}

TEST_F(UseCases, ANewPasswordEndsTheOtherSessions) {  // Rules L12, L18.
    const auto phone = desk.sign_in_again(bob.user);
    const auto changing = [&](UserId user, const Proof& proof) {
        return [=](Work& work) { return change_password(work, user, "new hash", proof); };
    };
    EXPECT_EQ(refusal(by_bob(changing(bob.user, {}))), "password.wrong");
    EXPECT_EQ(refusal(by_bob(changing(bob.user, {Proof::Kind::password, 7}))), "password.wrong");
    const auto result = by_bob(changing(bob.user, {Proof::Kind::password, 1}));
    EXPECT_EQ(types_of(result), (Types{"user.password_changed", "session.ended"}));
    EXPECT_EQ(the<SessionEnded>(result).session, phone);
    EXPECT_TRUE(by_bob(nothing));
    EXPECT_EQ(refusal(desk.as(phone).may(users_only).ask(nothing)), "session.required");
    EXPECT_EQ(refusal(by_visitor(
                  [&](Work& work) { return sign_in(work, {bob.user.number, 1}, "Browser"); })),
              "session.invalid_credentials")
        << "verified before it changed";
    EXPECT_EQ(refusal(by_staff(changing(UserId{99}, {Proof::Kind::staff}))), "user.not_found");
}

TEST_F(UseCases, StaffSetsAPasswordAndEndsAllSessions) {  // Rules L14, L18.
    const auto result = by_staff([&](Work& work) {
        return change_password(work, bob.user, "new hash", {Proof::Kind::staff});
    });
    EXPECT_EQ(types_of(result), (Types{"user.password_changed", "session.ended"}));
    EXPECT_EQ(refusal(by_bob(nothing)), "session.required");
    EXPECT_EQ(chosen(desk.sign_in_again(bob.user)), acme);
}

TEST_F(UseCases, OnlyStaffDeletesUsers) {  // Rules X1, X2, X3, X4, X5.
    const auto deleting = [](UserId user) {
        return [=](Work& work) { return delete_user(work, user); };
    };
    EXPECT_EQ(refusal(desk.as(bob.session).may(administrators).ask(deleting(bob.user))),
              "access.role");
    EXPECT_EQ(refusal(desk.as(olga).may(administrators).ask(deleting(bob.user))), "access.role");
    EXPECT_EQ(refusal(by_root(deleting(ada.user))), "user.is_owner");
    EXPECT_EQ(refusal(by_root(deleting(UserId{99}))), "user.not_found");
    ASSERT_TRUE(by_staff(
        [&](Work& work) { return associate_user(work, zoe.account, bob.user, see_tickets); }));
    EXPECT_EQ(refusal(by_root(deleting(bob.user))), "user.several_accounts");
    ASSERT_TRUE(by_ada(removing(bob.user)));
    EXPECT_EQ(types_of(by_root(deleting(bob.user))),
              (Types{"account.association_ended", "session.ended", "user.deleted"}));
    EXPECT_TRUE(already(by_root(deleting(bob.user))));
    EXPECT_EQ(refusal(by_bob(nothing)), "session.required");
    EXPECT_FALSE(world().accounts.at(zoe.account).users.contains(bob.user));
    EXPECT_EQ(refusal(by_staff(
                  [&](Work& work) { return associate_user(work, acme, bob.user, see_tickets); })),
              "user.not_found");
}

TEST_F(UseCases, WhatADeletedUserDidStaysAndTheAddressIsFree) {  // Rules X9, X10.
    ASSERT_TRUE(desk.as(bob.session).ask([](Work& work) {
        return open_own_account(work, profile_of("Bobs"));
    }));
    const auto own = AccountId{3};
    ASSERT_TRUE(
        by_staff([&](Work& work) { return associate_user(work, own, ada.user, see_tickets); }));
    ASSERT_TRUE(by_staff([&](Work& work) { return transfer_ownership(work, own, ada.user); }));
    ASSERT_TRUE(by_staff([&](Work& work) { return remove_user(work, own, bob.user); }));
    ASSERT_TRUE(by_root([&](Work& work) { return delete_user(work, bob.user); }));
    bool seen = false;
    for (const auto& record : world().records) {
        if (const auto* opened = std::get_if<AccountOpened>(&record.event)) {
            seen = seen || (opened->account == own && opened->owner == bob.user &&
                            record.actor == Actor{ActorKind::user, bob.user.number, {}});
        }
    }
    EXPECT_TRUE(seen);
    const auto again = desk.register_with_account("bob");
    EXPECT_GT(again.user, bob.user);
    EXPECT_EQ(world().users.at(again.user).accounts.size(), 1U);
}

// --- Who may

TEST_F(UseCases, EachRoleMayWhatTheRuleSays) {
    const auto made = by_root([](Work& work) {
        return create_api_key(work, "Billing", Role::operator_, {"192.0.2.0/24"});
    });
    const auto key = the<ApiKeyCreated>(made).api_key;
    const auto code = [&](auto who, const AccessRule& rule) {
        return code_of(desk.as(who).may(rule, acme).ask(nothing));
    };
    struct Row {
        AccessRule rule;
        std::string_view root, olga, otto, key, owner, user, stranger, nobody;
    };
    constexpr std::string_view ok = "", role = "access.role", sign = "session.required";
    const std::vector<Row> rows{
        {anybody, ok, ok, ok, ok, ok, ok, ok, ok},
        {administrators, ok, role, role, role, role, role, role, sign},
        {operators, ok, ok, role, ok, role, role, role, sign},
        {all_staff, ok, ok, ok, ok, role, role, role, sign},
        {users_only, role, role, role, role, ok, ok, ok, sign},
        {owners, ok, ok, role, ok, ok, "account.not_owner", "account.not_found", sign},
        {permitted(Permission::tickets), ok, ok, role, ok, ok, ok, "account.not_found", sign},
        {permitted(Permission::orders), ok, ok, role, ok, ok, "access.denied", "account.not_found",
         sign},
    };
    for (std::size_t n = 0; n < rows.size(); ++n) {
        const auto& row = rows[n];
        EXPECT_EQ(code(root, row.rule), row.root) << n;
        EXPECT_EQ(code(olga, row.rule), row.olga) << n;
        EXPECT_EQ(code(otto, row.rule), row.otto) << n;
        EXPECT_EQ(code(key, row.rule), row.key) << n;
        EXPECT_EQ(code(ada.session, row.rule), row.owner) << n;
        EXPECT_EQ(code(bob.session, row.rule), row.user) << n;
        EXPECT_EQ(code(zoe.session, row.rule), row.stranger) << n;
        EXPECT_EQ(code_of(desk.as_nobody().may(row.rule, acme).ask(nothing)), row.nobody) << n;
        EXPECT_EQ(code_of(desk.as_system().may(row.rule, acme).ask(nothing)), ok) << n;
    }
}

TEST_F(UseCases, TheOwnersOwnPermissionsAreNeverAsked) {  // Rules E5, P8.
    for (const auto& [key, label] : permission_names) {
        EXPECT_TRUE(desk.as(ada.session).may(permitted(*parse_permission(key)), acme).ask(nothing))
            << key;
    }
    ASSERT_TRUE(by_ada(setting(bob.user, Permissions::all())));
    EXPECT_EQ(refusal(desk.as(bob.session).may(owners, acme).ask(inviting("kim@example.com"))),
              "account.not_owner");
}

TEST_F(UseCases, ARevokedKeyIsNobody) {
    const auto key = the<ApiKeyCreated>(by_root([](Work& work) {
                         return create_api_key(work, "Billing", Role::auditor, {});
                     })).api_key;
    EXPECT_TRUE(desk.as(key).may(all_staff).ask(nothing));
    EXPECT_EQ(refusal(desk.as(key).may(operators).ask(nothing)), "access.role");
    EXPECT_EQ(refusal(desk.as(ApiKeyId{99}).may(all_staff).ask(nothing)), "session.required");
    const auto revoking = [](ApiKeyId id) {
        return [=](Work& work) { return revoke_api_key(work, id); };
    };
    EXPECT_EQ(types_of(by_root(revoking(key))), Types{"staff.api_key_revoked"});
    EXPECT_TRUE(already(by_root(revoking(key))));
    EXPECT_EQ(refusal(by_root(revoking(ApiKeyId{99}))), "api_key.not_found");
    EXPECT_EQ(refusal(desk.as(key).may(all_staff).ask(nothing)), "session.required");
}

// --- Staff and settings

TEST(SetUp, TheFirstAdminIsSignedInAtOnceAndIsTheOnlyOneMadeSo) {
    Desk desk;
    const auto setting_up = [&](const std::string& name) {
        return desk.as_nobody().ask([=](Work& work) {
            return set_up(work, {name, email(name + "@staff.example"), Role::administrator, "hash"},
                          "Browser");
        });
    };
    const auto result = setting_up("root");
    EXPECT_EQ(types_of(result), (Types{"staff.admin_created", "session.admin_started"}));
    EXPECT_EQ(result->actor, (Actor{ActorKind::admin, 1, {}}));
    const auto session = the<AdminSessionStarted>(result).session;
    EXPECT_TRUE(desk.as(session).may(administrators).ask(nothing));
    EXPECT_EQ(code_of(setting_up("other")), "setup.done");
}

TEST_F(UseCases, AnAddressHasOneAdmin) {
    const auto creating = [&](const std::string& address) {
        return by_root([=](Work& work) {
            return create_admin(work, {"Kim", email(address), Role::auditor, "hash"});
        });
    };
    EXPECT_EQ(refusal(creating("Olga@staff.example")), "admin.email_taken");
    EXPECT_TRUE(creating("ada@example.com")) << "a user's address may be an admin's";
}

TEST_F(UseCases, SettingsChangeOnlyWhereTheyDiffer) {
    EXPECT_TRUE(already(by_root(switching(Switch::on, {}))));
    EXPECT_EQ(types_of(by_root(switching(Switch::off, Switch::off))),
              (Types{"settings.registration_switched", "settings.user_management_switched"}));
    EXPECT_TRUE(already(by_root(switching(Switch::off, Switch::off))));
}

// --- Who did it

TEST_F(UseCases, EveryRecordSaysWhoDidIt) {  // Rules A1, A2, A3, A7.
    const std::string address{"\xc0\x00\x02\x07", 4};
    const auto key = the<ApiKeyCreated>(by_root([](Work& work) {
                         return create_api_key(work, "Billing", Role::operator_, {});
                     })).api_key;
    const auto start = desk.log.head();
    const auto rename = [&](Work& work) {
        UserChanges changes;
        changes.last_name = "Builder";
        return update_user(work, bob.user, changes, {});
    };
    ASSERT_TRUE(desk.as_system().ask(setting(bob.user, pay_invoices)));
    ASSERT_TRUE(desk.as(olga).from(address).ask(setting(bob.user, see_tickets)));
    ASSERT_TRUE(desk.as(ada.session).from(address).ask(setting(bob.user, pay_invoices)));
    ASSERT_TRUE(desk.as(key).from(address).ask(setting(bob.user, see_tickets)));
    ASSERT_TRUE(desk.as(bob.session).from(address).ask(rename));

    struct Line {
        ActorKind kind;
        std::uint64_t number;
        std::string caller;
        std::optional<AccountId> account;
    };
    const std::vector<Line> expected{
        {ActorKind::system, 0, "", acme},
        {ActorKind::admin, 2, address, acme},
        {ActorKind::user, ada.user.number, address, acme},
        {ActorKind::api_key, key.number, address, acme},
        {ActorKind::user, bob.user.number, address, std::nullopt},
    };
    const auto all = world();
    ASSERT_EQ(all.records.size(), start.number + expected.size());
    for (std::size_t n = 0; n < expected.size(); ++n) {
        const auto& record = all.records[start.number + n];
        EXPECT_EQ(record.actor, (Actor{expected[n].kind, expected[n].number, {}})) << n;
        EXPECT_EQ(record.caller, expected[n].caller) << n;
        std::optional<AccountId> account;
        for (const auto& [stream, version] : record.streams) {
            if (stream.kind == StreamKind::account) account = AccountId{stream.low};
        }
        EXPECT_EQ(account, expected[n].account) << n;
    }
}

}  // namespace muster::use_cases_test
