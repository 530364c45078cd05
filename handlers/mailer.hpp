// The reactor that sends mail: it follows the log, knows which mails are still to be sent, sends
// them by a transport, and has what became of each recorded by System.
//
// At least once: a mail that the server took and whose event was lost in a crash is sent again,
// with the same Message-ID. Nothing is sent before the whole log was followed, and each mail is
// looked at once more, on the durable states, right before it goes out. A rebuild of views does not
// come by here.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "handlers/committer.hpp"
#include "handlers/mail.hpp"
#include "handlers/mail_transport.hpp"
#include "handlers/message.hpp"

namespace muster {

struct MailOptions {
    std::string public_url;  // Without a slash at its end.
    Sender from;
    MakeTransport transport;
    unsigned connections = 2;  // 1 to 4: mails on their way at the same time.
    // How long a mail on its way may take at the end, before it is broken off.
    std::chrono::milliseconds grace{5000};
    // How long a connection that nobody needs is kept.
    std::chrono::milliseconds idle{5000};
    std::chrono::milliseconds checkpoint_every{5000};
};

class Mailer {
public:
    // The reactor's name in the log.
    static constexpr std::string_view name = "mail";
    // While the server as a whole gives trouble no mail is tried: this long at first, doubled up to
    // the longest while it lasts.
    static constexpr std::chrono::milliseconds first_pause{15'000};
    static constexpr std::chrono::milliseconds longest_pause{5 * 60'000};

    // Everything outlives it. `failure`: the log could not be read.
    Mailer(Log& log, Keyring& keyring, const Keys& keys, Committer& committer,
           Committer::Clock clock, Committer::Failure failure, MailOptions options);
    ~Mailer();  // As `stop`.
    Mailer(const Mailer&) = delete;
    Mailer& operator=(const Mailer&) = delete;

    // The log has grown, or the clock was moved. Any thread.
    void wake();

    std::size_t pending();  // Mails that are still to be sent, as far as the log was followed.

    // Ends within the grace and a moment. Before the committer stops. Idempotent.
    void stop();

private:
    // The following thread.
    void follow();
    void take_up_checkpoint();
    bool read_on();
    void keep_checkpoint();

    // The sending threads.
    void deliver();
    void attempt(const PendingMail& mail, std::unique_ptr<MailTransport>& transport);
    std::optional<Brief> ask(const PendingMail& mail);
    MailResult send(const PendingMail& mail, const Brief& brief,
                    std::unique_ptr<MailTransport>& transport);
    void record(const PendingMail& mail, const Brief& brief, const MailResult& result);
    void open(std::unique_ptr<MailTransport>& transport);
    void close(std::unique_ptr<MailTransport>& transport);
    void pause_or_go_on(const MailResult& result);
    void put_back(MailId mail, std::chrono::milliseconds delay);

    Log& log_;
    Keyring& keyring_;
    const Keys& keys_;
    Committer& committer_;
    Committer::Clock clock_;
    Committer::Failure failure_;
    MailOptions options_;

    std::mutex mutex_;
    std::condition_variable moved_;  // For the sending threads.
    std::condition_variable grown_;  // For the following one.
    PendingMails pending_;
    bool caught_up_{};  // Until then it is not known what was sent already.
    bool woken_{};
    bool stopping_{};  // The sending threads take no more.
    bool ending_{};    // Nor does the following one.
    std::set<MailTransport*> transports_;
    std::chrono::milliseconds pause_{};  // Zero: the server is well.
    Time paused_until_;
    unsigned busy_{};  // Mails on their way.

    Position position_;  // The following thread's, as the next ones.
    Position kept_;
    std::chrono::steady_clock::time_point kept_at_;

    std::thread following_;
    std::vector<std::thread> sending_;
};

}  // namespace muster
