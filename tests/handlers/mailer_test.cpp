// The mailer, on a log in memory and with a mail server in memory that does as it is told.
#include "handlers/mailer.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "events/token.hpp"
#include "tests/handlers/desk.hpp"

namespace muster::mailer_test {

using namespace desk;
using Outcome = MailResult::Outcome;

constexpr MailResult accepted{.outcome = Outcome::accepted};
constexpr MailResult mailbox_busy{Outcome::refused_for_now, MailTrouble::recipient_refused, 450};
constexpr MailResult no_mailbox{Outcome::refused_for_good, MailTrouble::recipient_refused, 550};
constexpr MailResult unreachable{Outcome::refused_for_now, MailTrouble::unreachable, 0};

// A mail server: what it got, and how it answers.
class PostOffice {
public:
    using Answer = std::function<MailResult(const OutgoingMail&)>;

    void answers(Answer answer) {
        const std::lock_guard lock{mutex_};
        answer_ = std::move(answer);
    }
    void answers(const MailResult& result) {
        answers([=](const OutgoingMail&) { return result; });
    }
    std::vector<OutgoingMail> got() const {
        const std::lock_guard lock{mutex_};
        return got_;
    }
    std::size_t count() const { return got().size(); }
    std::size_t count(const std::string& to) const {
        const auto all = got();
        return static_cast<std::size_t>(std::ranges::count(all, to, &OutgoingMail::to));
    }
    OutgoingMail mail_to(const std::string& to) const {
        const auto all = got();
        const auto found = std::ranges::find(all, to, &OutgoingMail::to);
        if (found == all.end()) throw std::runtime_error("no mail to " + to);
        return *found;
    }

    MailResult take(const OutgoingMail& mail) {
        const auto answer = [&] {
            const std::lock_guard lock{mutex_};
            got_.push_back(mail);
            return answer_;
        }();
        return answer(mail);
    }

    std::atomic<int> connections{}, most_connections{}, sending{}, most_sending{};

private:
    mutable std::mutex mutex_;
    std::vector<OutgoingMail> got_;
    Answer answer_ = [](const OutgoingMail&) { return accepted; };
};

void raise(std::atomic<int>& most, int value) {
    for (auto seen = most.load(); seen < value && !most.compare_exchange_weak(seen, value);) {
    }
}

class Line final : public MailTransport {
public:
    explicit Line(PostOffice& office) : office_(office) {
        raise(office_.most_connections, ++office_.connections);
    }
    MailResult send(const OutgoingMail& mail) override {
        raise(office_.most_sending, ++office_.sending);
        const auto result = office_.take(mail);
        --office_.sending;
        return aborted_ ? MailResult{.outcome = Outcome::interrupted} : result;
    }
    void close() override { --office_.connections; }
    void abort() override { aborted_ = true; }

private:
    PostOffice& office_;
    std::atomic<bool> aborted_{};
};

// Somebody's desk with a mailer beside it.
struct Post {
    explicit Post(Log& log) : desk(log) {}

    void start(unsigned connections = 2) {
        mailer = std::make_unique<Mailer>(
            desk.log, desk.keyring, desk.keys, desk.committer(), [this] { return desk.time(); },
            [this](const Fault&) { ++desk.failures; },
            MailOptions{.public_url = "https://accounts.example.com",
                        .from = *parse_sender("Muster <no-reply@hosting.example>"),
                        .transport = [this] { return std::make_unique<Line>(office); },
                        .connections = connections,
                        .grace = 200ms,
                        .idle = 100ms,
                        .checkpoint_every = 0ms});
    }
    void stop() { mailer.reset(); }

    // False: it does not come to be.
    bool wait_until(const std::function<bool()>& holds) const {
        for (int n = 0; n < 4000; ++n) {
            if (holds()) return true;
            if (mailer) mailer->wake();
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }
    void pass(std::chrono::milliseconds time) {
        desk.wait(time);
        mailer->wake();
    }

    template <class E>
    std::vector<E> recorded() {
        std::vector<E> found;
        for (const auto& record : desk.fold().records) {
            const auto* event = std::get_if<E>(&record.event);
            if (event == nullptr) continue;
            found.push_back(*event);
            if (!std::is_same_v<E, MailRequeued>) {
                EXPECT_EQ(record.actor.kind, ActorKind::system);  // Rule A1.
            }
        }
        return found;
    }
    template <class E>
    bool wait_for(std::size_t count) {
        return wait_until([&] { return recorded<E>().size() >= count; });
    }

    PostOffice office;
    Desk desk;
    std::unique_ptr<Mailer> mailer;
};

struct Mailing : testing::Test {
    MemoryLog log;
    Post post{log};
    Desk& desk = post.desk;
    PostOffice& office = post.office;
    SignedIn ada = desk.register_with_account("ada");
    // Staff that never has to sign in again.
    ApiKeyId staff = the<ApiKeyCreated>(desk.as_system().ask([](Work& work) {
                         return create_api_key(work, "staff", Role::operator_, {});
                     })).api_key;

    InvitationId ada_invites(const std::string& address) {
        const auto result = desk.as(ada.session).may(owners, ada.account).ask([&](Work& work) {
            return invite_user(work, ada.account, email(address), see_tickets);
        });
        return the<UserInvited>(result).invitation;
    }
    Result ask(const std::function<Decision(Work&)>& use_case) {
        return desk.as(staff).may(operators).ask(use_case);
    }
    Result retry(MailId mail) {
        const auto order = find_mail_order(log, mail).value();
        return ask([&](Work& work) { return retry_mail(work, order); });
    }
    // The mail that the newest event asks for.
    MailId newest() const { return {log.head().number}; }
};

std::string line_of(const OutgoingMail& mail, const std::string& beginning) {
    const auto at = mail.message.find("\r\n" + beginning);
    if (at == std::string::npos) return {};
    return mail.message.substr(at + 2, mail.message.find("\r\n", at + 2) - at - 2);
}

TEST_F(Mailing, AnInvitationGoesOutWithItsLinkAndThatIsRecorded) {
    const auto invitation = ada_invites("Bob@Example.com");
    const auto mail = newest();
    post.start();
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    EXPECT_EQ(post.recorded<MailSent>().front().mail, mail);
    const auto sent = office.mail_to("Bob@example.com");
    EXPECT_EQ(sent.from, "no-reply@hosting.example");
    EXPECT_EQ(line_of(sent, "Subject: "), "Subject: Invitation to ada");
    auto body = sent.message;  // Soft line breaks taken out.
    for (auto at = body.find("=\r\n"); at != body.npos; at = body.find("=\r\n"))
        body.erase(at, 3);
    const auto link =
        "/invitations/" + to_text(Token{TokenPurpose::invitation, invitation.number, 1}, desk.keys);
    EXPECT_TRUE(body.contains("\r\nhttps://accounts.example.com" + link + "\r\n")) << body;
    EXPECT_TRUE(body.contains("ada Example invites you to the account ada on")) << body;
    EXPECT_EQ(desk.failures, 0);
}

TEST_F(Mailing, WhatComesWhileItRunsGoesOutAtOnce) {
    post.start();
    ada_invites("bob@example.com");
    ada_invites("eve@example.com");
    ASSERT_TRUE(post.wait_for<MailSent>(2));
    EXPECT_EQ(office.count(), 2U);
}

TEST_F(Mailing, TheLanguageIsTheReadersElseTheSenders) {
    const auto speaks = [&](UserId user, const char* language) {
        ASSERT_TRUE(ask([&](Work& work) {
            return update_user(work, user, {{}, {}, language, {}}, {Proof::Kind::staff, 0});
        }));
    };
    const auto zoe = desk.register_with_account("zoe");
    const auto bob = desk.register_with_account("bob");
    speaks(zoe.user, "de-AT");
    speaks(ada.user, "de");
    speaks(bob.user, "pt-BR");
    ada_invites("ZOE@example.com");
    ada_invites("bob@example.com");
    ada_invites("new@example.com");
    ASSERT_TRUE(ask([&](Work& work) {
        return invite_user(work, zoe.account, email("other@example.com"), see_tickets);
    }));
    post.start();
    ASSERT_TRUE(post.wait_for<MailSent>(4));
    const auto language = [&](const char* to) {
        return line_of(office.mail_to(to), "Content-Language: ");
    };
    EXPECT_EQ(language("ZOE@example.com"), "Content-Language: de");
    EXPECT_EQ(language("bob@example.com"), "Content-Language: en");
    EXPECT_EQ(language("new@example.com"), "Content-Language: de") << "the sender's";
    EXPECT_EQ(language("other@example.com"), "Content-Language: en") << "from staff";
    EXPECT_TRUE(office.mail_to("other@example.com").message.contains("You are invited to"));
}

TEST_F(Mailing, WhatIsRefusedForNowIsTriedAgainWithTheSameMessageId) {
    office.answers(mailbox_busy);
    ada_invites("bob@example.com");
    post.start();
    ASSERT_TRUE(post.wait_for<MailAttemptFailed>(1));
    const auto failed = post.recorded<MailAttemptFailed>().front();
    EXPECT_EQ(failed.trouble, MailTrouble::recipient_refused);
    EXPECT_EQ(failed.reply, 450U);
    EXPECT_GE(failed.next_try_at, monday + 60s);
    EXPECT_LE(failed.next_try_at, monday + 75s);
    office.answers(accepted);
    post.pass(59s);
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(office.count(), 1U) << "too early";
    post.pass(16s);
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    const auto got = office.got();
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].message, got[1].message);
    EXPECT_FALSE(line_of(got[0], "Message-ID: <").empty());
}

TEST_F(Mailing, ARefusalForGoodEndsItAndHoldsUpNobodyElse) {
    office.answers([](const OutgoingMail& mail) {
        return mail.to == "nobody@example.com" ? no_mailbox : accepted;
    });
    ada_invites("nobody@example.com");
    ada_invites("bob@example.com");
    post.start(1);
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    ASSERT_TRUE(post.wait_for<MailGivenUp>(1));
    EXPECT_EQ(post.recorded<MailGivenUp>().front().reply, 550U);
    post.pass(24h);
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(office.count("nobody@example.com"), 1U);
}

TEST_F(Mailing, AfterTenAttemptsItIsGivenUpUntilStaffWantsItAgain) {
    office.answers(mailbox_busy);
    ada_invites("bob@example.com");
    const auto mail = newest();
    post.start();
    for (std::size_t n = 1; n < 10; ++n) {
        ASSERT_TRUE(post.wait_for<MailAttemptFailed>(n)) << n;
        post.pass(5h);
    }
    ASSERT_TRUE(post.wait_for<MailGivenUp>(1));
    EXPECT_EQ(office.count(), 10U);
    office.answers(accepted);
    EXPECT_EQ(the<MailRequeued>(retry(mail)).mail, mail);
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    EXPECT_EQ(code_of(retry(mail)), "mail.sent");
    EXPECT_EQ(office.count(), 11U);
    EXPECT_EQ(office.got().front().message, office.got().back().message);
}

TEST_F(Mailing, ARetryOfWhatWaitsComesAtOnce) {
    office.answers(mailbox_busy);
    ada_invites("bob@example.com");
    const auto mail = newest();
    post.start();
    ASSERT_TRUE(post.wait_for<MailAttemptFailed>(1));
    office.answers(accepted);
    ASSERT_TRUE(retry(mail));
    ASSERT_TRUE(post.wait_for<MailSent>(1));
}

TEST_F(Mailing, NobodyRetriesWhatIsNoMail) {
    ada_invites("bob@example.com");
    for (const auto mail : {MailId{}, MailId{1}, MailId{9999}, MailId{UINT64_MAX}})
        EXPECT_EQ(code_of(retry(mail)), "mail.not_found") << mail.number;
    EXPECT_TRUE(retry(newest())->events.empty()) << "it is pending already";
}

TEST_F(Mailing, AMailWithADeadLinkIsNotSent) {  // Rules I4, I16, I18, I19, I26.
    const auto cancelled = ada_invites("cancelled@example.com");
    const auto mail = newest();
    const auto resent = ada_invites("resent@example.com");
    ASSERT_TRUE(ask([&](Work& work) { return cancel_invitation(work, ada.account, cancelled); }));
    ASSERT_TRUE(ask([&](Work& work) { return resend_invitation(work, ada.account, resent); }));
    const auto zoe = desk.register_with_account("zoe");
    ASSERT_TRUE(ask([&](Work& work) {
        return invite_user(work, zoe.account, email("closed@example.com"), see_tickets);
    }));
    ASSERT_TRUE(ask([&](Work& work) {
        return update_account(work, zoe.account, {{}, AccountStatus::closed});
    }));
    ada_invites("expired@example.com");
    desk.wait(7 * 24h);
    ASSERT_TRUE(ask([&](Work& work) { return resend_invitation(work, ada.account, resent); }));
    ada_invites("bob@example.com");
    post.start(1);
    ASSERT_TRUE(post.wait_for<MailSent>(2));
    EXPECT_EQ(office.count(), 2U);
    EXPECT_EQ(office.count("resent@example.com"), 1U);
    EXPECT_EQ(office.count("bob@example.com"), 1U);
    EXPECT_EQ(code_of(retry(mail)), "mail.link_dead");
}

struct MailingUsers : Mailing {
    void SetUp() override {
        ASSERT_TRUE(ask(
            [](Work& work) { return change_settings(work, {.email_verification = Switch::on}); }));
    }
    Result by_ada(const std::function<Decision(Work&)>& use_case) {
        return desk.as(ada.session).may(users_only).ask(use_case);
    }
    Result ada_wants_a_password() {
        return ask([&](Work& work) { return send_password_reset(work, ada.user); });
    }
    Result ada_takes(const std::string& address) {
        return ask([&](Work& work) {
            return update_user(work, ada.user, {{}, {}, {}, email(address)},
                               {Proof::Kind::staff, 0});
        });
    }
};

TEST_F(MailingUsers, LinksForAPasswordAndForAnAddressGoToTheUser) {
    ASSERT_TRUE(ada_wants_a_password());
    ASSERT_TRUE(by_ada([](Work& work) { return send_verification(work); }));
    post.start(1);
    ASSERT_TRUE(post.wait_for<MailSent>(2));
    const auto got = office.got();
    EXPECT_EQ(line_of(got[0], "Subject: "), "Subject: Choose a new password");
    EXPECT_EQ(line_of(got[1], "Subject: "), "Subject: Confirm your e-mail address");
    for (const auto& mail : got)
        EXPECT_EQ(mail.to, "ada@example.com");
    EXPECT_TRUE(got[0].message.contains("/password-resets/mp_"));
    EXPECT_TRUE(got[1].message.contains("/email-verifications/mv_"));
}

TEST_F(MailingUsers, OnlyTheNewestLinkToThePresentAddressIsSent) {
    ASSERT_TRUE(ada_wants_a_password());
    ASSERT_TRUE(by_ada([](Work& work) { return send_verification(work); }));
    ASSERT_TRUE(ada_takes("lovelace@example.com"));  // Asks for a new one. Rule V2.
    ASSERT_TRUE(ada_wants_a_password());
    ASSERT_TRUE(ada_wants_a_password());
    post.start(1);
    ASSERT_TRUE(post.wait_for<MailSent>(2));
    ada_invites("bob@example.com");
    ASSERT_TRUE(post.wait_for<MailSent>(3));
    EXPECT_EQ(office.count(), 3U);
    EXPECT_EQ(office.count("lovelace@example.com"), 2U);
}

TEST_F(MailingUsers, WhatIsUsedOrOverIsNotSent) {
    ASSERT_TRUE(ada_wants_a_password());
    ASSERT_TRUE(by_ada([](Work& work) { return send_verification(work); }));
    desk.wait(60min);  // Rule V3.
    ASSERT_TRUE(by_ada([](Work& work) { return send_verification(work); }));
    const auto verified = newest();
    const auto link =
        the<EmailVerificationRequested>(by_ada([](Work& work) { return send_verification(work); }));
    ASSERT_TRUE(ask(
        [&](Work& work) { return when(work.read(ada.user), VerifyEmail{link.link, work.now()}); }));
    post.start(1);
    ada_invites("bob@example.com");
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    EXPECT_EQ(office.count(), 1U);
    EXPECT_EQ(code_of(retry(verified)), "mail.link_dead");
}

TEST_F(Mailing, ALinkThatDiesWhileTheMailWaitsTakesItAlong) {
    office.answers(mailbox_busy);
    const auto invitation = ada_invites("bob@example.com");
    post.start(1);
    ASSERT_TRUE(post.wait_for<MailAttemptFailed>(1));
    ASSERT_TRUE(ask([&](Work& work) { return cancel_invitation(work, ada.account, invitation); }));
    office.answers(accepted);
    post.pass(2min);
    ada_invites("eve@example.com");
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    EXPECT_EQ(office.count("bob@example.com"), 1U);
}

TEST_F(Mailing, NothingIsSentAgainAfterARestart) {
    ada_invites("bob@example.com");
    office.answers(no_mailbox);
    post.start();
    ASSERT_TRUE(post.wait_for<MailGivenUp>(1));
    office.answers(accepted);
    ada_invites("eve@example.com");
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    post.stop();
    const auto kept = log.checkpoint(Mailer::name).value();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->position, log.head());
    for (const bool lost : {false, true}) {
        if (lost) {
            ASSERT_TRUE(log.keep_checkpoint(Mailer::name, {{1}, "damaged"}));
        }
        post.start();
        const auto before = office.count();
        ada_invites(lost ? "ivy@example.com" : "gil@example.com");
        ASSERT_TRUE(post.wait_until([&] { return office.count() > before; }));
        ASSERT_TRUE(post.wait_for<MailSent>(lost ? 3 : 2));
        post.stop();
    }
    EXPECT_EQ(office.count(), 4U);
}

// Counts what is read of the log as a whole.
class CountingLog final : public PassingLog {
public:
    using PassingLog::PassingLog;
    mutable std::atomic<std::size_t> visited{};

    std::expected<std::size_t, Fault> read(Position after, std::size_t limit,
                                           const Visit& visit) const override {
        const auto read = log_.read(after, limit, visit);
        if (read) visited += *read;
        return read;
    }
};

TEST_F(Mailing, ARestartGoesOnWhereItWas) {
    office.answers(mailbox_busy);
    for (int n = 0; n < 50; ++n)
        desk.register_with_account("user" + std::to_string(n));
    ada_invites("bob@example.com");
    post.start();
    ASSERT_TRUE(post.wait_for<MailAttemptFailed>(1));
    post.stop();
    CountingLog counting{log};
    Post again{counting};
    again.desk.now = desk.now + 120'000;
    again.start();
    ASSERT_TRUE(again.wait_until([&] { return again.office.count() == 1; }));
    again.stop();
    EXPECT_EQ(office.got().front().message, again.office.got().front().message);
    EXPECT_LE(counting.visited, 3U) << "the log was read again";
}

// The server took it, and then the machine was gone.
TEST_F(Mailing, WhatWasTakenAndNotRecordedIsSentAgainWithTheSameMessageId) {
    ada_invites("bob@example.com");
    Post dying{log};
    dying.office.answers([&](const OutgoingMail&) {
        dying.desk.committer().stop();
        return accepted;
    });
    dying.start(1);
    ASSERT_TRUE(dying.wait_until([&] { return dying.office.count() == 1; }));
    dying.stop();
    EXPECT_TRUE(post.recorded<MailSent>().empty());
    post.start();
    ASSERT_TRUE(post.wait_for<MailSent>(1));
    EXPECT_EQ(line_of(office.got().front(), "Message-ID: "),
              line_of(dying.office.got().front(), "Message-ID: "));
}

TEST_F(Mailing, WhileTheServerIsDownOneMailAtATimeAsksForIt) {
    office.answers(unreachable);
    for (int n = 0; n < 20; ++n)
        ada_invites("user" + std::to_string(n) + "@example.com");
    post.start(1);
    ASSERT_TRUE(post.wait_for<MailAttemptFailed>(1));
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(office.count(), 1U);
    post.pass(Mailer::first_pause);
    ASSERT_TRUE(post.wait_for<MailAttemptFailed>(2));
    post.pass(Mailer::first_pause);
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(office.count(), 2U) << "the second pause is twice as long";
    office.answers(accepted);
    post.pass(2min);
    ASSERT_TRUE(post.wait_for<MailSent>(20));
    EXPECT_EQ(office.count(), 22U);
}

TEST_F(Mailing, StoppingBreaksAHangingMailOff) {
    std::atomic<bool> hangs{true};
    office.answers([&](const OutgoingMail&) {
        while (hangs && post.mailer != nullptr)
            std::this_thread::sleep_for(1ms);
        return accepted;
    });
    ada_invites("bob@example.com");
    post.start(1);
    ASSERT_TRUE(post.wait_until([&] { return office.count() == 1; }));
    std::thread server_lets_go{[&] {
        std::this_thread::sleep_for(400ms);  // Longer than the grace.
        hangs = false;
    }};
    post.mailer->stop();
    server_lets_go.join();
    EXPECT_TRUE(post.recorded<MailSent>().empty());
    EXPECT_TRUE(post.recorded<MailAttemptFailed>().empty()) << "nothing is known about it";
    post.start();
    ASSERT_TRUE(post.wait_for<MailSent>(1));
}

TEST_F(Mailing, ConnectionsAreFewUsedAgainAndClosed) {
    for (int n = 0; n < 60; ++n)
        ada_invites("user" + std::to_string(n) + "@example.com");
    office.answers([](const OutgoingMail&) {
        std::this_thread::sleep_for(2ms);
        return accepted;
    });
    post.start(9);
    ASSERT_TRUE(post.wait_for<MailSent>(60));
    std::set<std::string> recipients;
    for (const auto& mail : office.got())
        recipients.insert(mail.to);
    EXPECT_EQ(recipients.size(), 60U);
    EXPECT_EQ(office.count(), 60U);
    EXPECT_LE(office.most_connections, 4);
    EXPECT_GE(office.most_sending, 2);
    EXPECT_TRUE(post.wait_until([&] { return office.connections == 0; })) << "idle ones are closed";
}

TEST_F(Mailing, ALogThatCannotBeReadEndsIt) {
    class Unreadable final : public PassingLog {
    public:
        using PassingLog::PassingLog;
        std::expected<std::size_t, Fault> read(Position, std::size_t, const Visit&) const override {
            return std::unexpected(Fault{Fault::Kind::damaged, "position 1"});
        }
    };
    Unreadable unreadable{log};
    Post other{unreadable};
    ada_invites("bob@example.com");
    other.start();
    EXPECT_TRUE(other.wait_until([&] { return other.desk.failures == 1; }));
    other.stop();
    EXPECT_EQ(other.office.count(), 0U);
}

// --- What is still to be sent

Record record(std::uint64_t position, Event event) {
    return {{position}, monday, {}, {}, {}, {}, std::move(event)};
}
UserInvited invited(std::uint64_t invitation) {
    return {{1}, {invitation}, {}, {}, see_tickets, monday + 7 * 24h};
}
std::optional<PendingMail> none(MailId) { return std::nullopt; }

TEST(PendingMails, AreThoseThatWereAskedForAndNotSettled) {
    PendingMails pending;
    pending.fold(record(5, invited(1)), monday, none);
    pending.fold(record(6, invited(2)), monday, none);
    pending.fold(record(7, InvitationResent{{1}, {2}, 2, monday + 7 * 24h}), monday, none);
    EXPECT_EQ(pending.size(), 3U);
    pending.fold(record(8, MailSent{{5}}), monday, none);
    pending.fold(record(9, MailGivenUp{{6}, MailTrouble::timeout, 0}), monday, none);
    const auto left = pending.take(monday).value();
    EXPECT_EQ(left.id, MailId{7});
    EXPECT_EQ(left.order.link, 2U);
    EXPECT_EQ(pending.take(monday), std::nullopt) << "taken";
}

TEST(PendingMails, ComeInTheOrderInWhichTheyAreDue) {
    PendingMails pending;
    for (std::uint64_t n = 1; n <= 3; ++n)
        pending.fold(record(n, invited(n)), monday, none);
    pending.fold(record(4, MailAttemptFailed{{1}, MailTrouble::timeout, 0, monday + 1min}), monday,
                 none);
    EXPECT_EQ(pending.take(monday)->id, MailId{2});
    EXPECT_EQ(pending.take(monday)->id, MailId{3});
    EXPECT_EQ(pending.take(monday), std::nullopt);
    EXPECT_EQ(pending.take(monday + 1min)->id, MailId{1});
    pending.put_back({3}, monday + 2min);
    pending.drop({2});
    pending.fold(record(5, MailRequeued{{3}}), monday, none);
    EXPECT_EQ(pending.take(monday)->id, MailId{3});
    pending.fold(record(6, MailRequeued{{3}}), monday, none);
    EXPECT_EQ(pending.take(monday), std::nullopt) << "it is on its way already";
}

TEST(PendingMails, TakeUpNothingThatIsOver) {
    PendingMails pending;
    pending.fold(record(5, invited(1)), monday + 7 * 24h, none);
    EXPECT_EQ(pending.size(), 0U);
    pending.fold(record(6, MailRequeued{{5}}), monday + 7 * 24h,
                 [&](MailId) { return mail_asked_by(record(5, invited(1))); });
    EXPECT_EQ(pending.size(), 0U);
    pending.fold(record(7, MailRequeued{{5}}), monday,
                 [&](MailId) { return mail_asked_by(record(5, invited(1))); });
    EXPECT_EQ(pending.size(), 1U);
}

TEST(PendingMails, AreKeptAsBytes) {
    PendingMails pending;
    for (std::uint64_t n = 1; n <= 3; ++n)
        pending.fold(record(n, invited(n)), monday, none);
    pending.fold(record(4, MailAttemptFailed{{2}, MailTrouble::timeout, 0, monday + 1min}), monday,
                 none);
    ASSERT_TRUE(pending.take(monday));  // On its way when the process ends.
    const auto bytes = pending.state();
    auto again = PendingMails::from_state(bytes).value();
    EXPECT_EQ(again.state(), bytes);
    EXPECT_EQ(again.take(monday)->id, MailId{1});
    EXPECT_EQ(again.take(monday)->id, MailId{3});
    EXPECT_EQ(again.take(monday), std::nullopt);
    EXPECT_EQ(again.take(monday + 1min)->id, MailId{2});
    EXPECT_FALSE(PendingMails::from_state(""));
    EXPECT_FALSE(PendingMails::from_state("\x02" + bytes.substr(1)));
    for (std::size_t size = 1; size < bytes.size(); ++size)
        EXPECT_FALSE(PendingMails::from_state(bytes.substr(0, size))) << size;
}

TEST(PendingMails, LookAtNoOtherEvents) {
    EXPECT_TRUE(PendingMails::concerns("account.user_invited"));
    EXPECT_TRUE(PendingMails::concerns("account.invitation_resent"));
    EXPECT_TRUE(PendingMails::concerns("mail.sent"));
    EXPECT_TRUE(PendingMails::concerns("mail.requeued"));
    EXPECT_FALSE(PendingMails::concerns("session.started"));
    EXPECT_FALSE(PendingMails::concerns("mail.unheard_of"));
    EXPECT_FALSE(PendingMails::concerns(""));
}

}  // namespace muster::mailer_test
