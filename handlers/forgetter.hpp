// The reactor that finishes what a deletion began (rule X18). The key goes with the event that
// deletes; this
//   - has System forget the invitations that were sent to a deleted person's addresses, that the
//     person accepted, or that a deleted account had sent,
//   - notes in the ledger (events/forgotten.hpp) whose keys went, for whoever restores a backup,
//   - has the files written anew in which erased bytes still lie.
// At least once: what a crash broke off is done again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "events/forgotten.hpp"
#include "handlers/committer.hpp"
#include "handlers/traces.hpp"

namespace muster {

struct ForgetOptions {
    std::filesystem::path ledger;
    std::string check_value;  // Of the folder; see events/forgotten.hpp.
    // On return no file has what was erased up to the position. False: somebody still reads it, so
    // again later. A fault also where it is stopped.
    std::function<std::expected<bool, Fault>(Position, const std::stop_token&)> purge;
    // From the end of one purging to the next one's start.
    std::chrono::milliseconds pause{15'000};
};

class Forgetter {
public:
    // The reactor's name in the log.
    static constexpr std::string_view name = "forget";

    // All that were sent to an address up to a moment; of the log up to the position at least.
    struct Sent {
        AccountId account;
        InvitationId invitation;
    };
    using FindSent = std::function<std::expected<std::vector<Sent>, Fault>(
        const EmailKey& address, Time until, Position position)>;

    // Everything outlives it.
    Forgetter(Log& log, Committer& committer, FindSent find, ForgetOptions options);
    ~Forgetter();  // As `stop`.
    Forgetter(const Forgetter&) = delete;
    Forgetter& operator=(const Forgetter&) = delete;

    // Up to the position all was handed to the readers of the log. Any thread.
    enum class Erased : bool { no, yes };  // Whether there was one that erases.
    void moved(Position head, Erased erased);

    // Up to there all is forgotten, in every file.
    Position done() const;

    // Breaks a purging off. Before the committer stops. Idempotent.
    void stop();

private:
    void work();
    void take_up_checkpoint();
    bool read_on(Position head);
    bool finish(const Record& record);
    std::expected<InvitationsByAccount, Fault> invitations_of(UserId user, const Record& deletion);
    std::expected<InvitationsByAccount, Fault> invitations_of(AccountId account);
    bool forget(const InvitationsByAccount& invitations);
    bool purge();

    Log& log_;
    Committer& committer_;
    FindSent find_;
    ForgetOptions options_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    Position head_;  // As it was told.
    bool erased_{};  // Something up to there, since it was looked at.
    bool stopping_{};
    std::stop_source stop_;
    Position done_;

    Position position_;  // The thread's, as the next ones.
    Position noted_;
    std::optional<Position> unpurged_;  // The last erasure whose bytes may lie in files.
    std::chrono::steady_clock::time_point purged_at_;

    std::thread thread_;
};

}  // namespace muster
