#include "http/feed.hpp"

#include <algorithm>
#include <iterator>

#include "events/json.hpp"
#include "events/record.hpp"
#include "events/text.hpp"

namespace muster::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t piece_events = 512;
constexpr std::size_t piece_bytes = 256 << 10;
constexpr std::size_t least_ahead_bytes = 64 << 10;
constexpr auto between_looks = 1s;        // Whether readers still may.
constexpr auto until_readers_took = 5ms;  // Before they are looked at again.
constexpr std::string_view sign_of_life = ":\n\n";

void append_event(std::string& out, const Record& record, const Stored& stored) {
    append_number(out.append("id: "), stored.position.number);
    out.append("\ndata: ");
    JsonWriter json{out};
    write_record(json, record, stored);
    out.append("\n\n");
}

}  // namespace

Feed::Feed(const Log& log, Keyring& keyring, MayRead may_read, const Options& options)
    : log_(log),
      keyring_(keyring),
      may_read_(std::move(may_read)),
      options_(options),
      thread_([this] { work(); }) {}

Feed::~Feed() { stop(); }

void Feed::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        newcomers_.clear();
    }
    waiting_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Feed::wake() {
    {
        const std::lock_guard lock{mutex_};
        if (count_ == 0) return;
        woken_ = true;
    }
    waiting_.notify_one();
}

bool Feed::add(Response& head, Responder& responder, Follower follower) {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_ || count_ >= options_.readers) return false;
        newcomers_.push_back({responder.stream(std::move(head)), std::move(follower)});
        ++count_;
    }
    waiting_.notify_one();
    return true;
}

std::size_t Feed::readers() const {
    const std::lock_guard lock{mutex_};
    return count_;
}

void Feed::work() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        std::ranges::move(newcomers_, std::back_inserter(readers_));
        newcomers_.clear();
        woken_ = false;
        lock.unlock();
        const auto outcome = serve();
        look_after_readers(Clock::now());
        const auto gone = std::erase_if(readers_, [](const Reader& each) { return each.gone; });
        lock.lock();
        count_ -= gone;
        const auto called = [this] { return stopping_ || woken_ || !newcomers_.empty(); };
        if (outcome == Outcome::all_sent) waiting_.wait_for(lock, between_looks, called);
        if (outcome == Outcome::readers_are_full)
            waiting_.wait_for(lock, until_readers_took, [this] { return stopping_; });
    }
    lock.unlock();
    readers_.clear();
}

// A piece to everybody who has room for one, those at the same position one after the other.
Feed::Outcome Feed::serve() {
    const auto head = log_.head();
    const auto share = options_.all_ahead_bytes / std::max<std::size_t>(readers_.size(), 1);
    const auto ahead = std::clamp(share, least_ahead_bytes, options_.most_ahead_bytes);
    std::ranges::sort(readers_, {}, [](const Reader& each) { return each.follower.after; });
    bool any_behind = false, any_sent = false;
    for (auto& reader : readers_) {
        any_sent = send(reader, head, ahead) || any_sent;
        any_behind = any_behind || (!reader.gone && reader.follower.after < head);
    }
    piece_ = {};
    if (!any_behind) return Outcome::all_sent;
    return any_sent ? Outcome::more_to_send : Outcome::readers_are_full;
}

bool Feed::send(Reader& reader, Position head, std::size_t ahead) {
    auto& after = reader.follower.after;
    if (reader.gone || after >= head) return false;
    if (reader.stream.waiting() > ahead) {
        reader.gone = is_too_far_behind(reader, head);
        return false;
    }
    if (piece_.after != after || piece_.bytes.empty()) make_piece(after);
    reader.gone = piece_.last == after || !reader.stream.send(piece_.bytes);
    after = piece_.last;
    reader.had_all = reader.had_all || after >= head;
    return !reader.gone;
}

// Without an event where the log cannot be read.
void Feed::make_piece(Position after) {
    piece_ = {after, after, {}};
    const auto read = log_.read(after, piece_events, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, &keyring_);
        if (!record) return false;
        append_event(piece_.bytes, *record, stored);
        piece_.last = stored.position;
        return piece_.bytes.size() < piece_bytes;
    });
    if (!read) piece_.last = after;
    events_made_ += piece_.last.number - after.number;
    bytes_made_ += piece_.bytes.size();
}

// As far as events have had this length until now.
bool Feed::is_too_far_behind(const Reader& reader, Position head) const {
    const auto events = head.number - reader.follower.after.number;
    const auto length = bytes_made_ / std::max<std::uint64_t>(events_made_, 1);
    return reader.had_all && events * length > options_.most_behind_bytes;
}

void Feed::look_after_readers(Clock::time_point now) {
    if (now - looked_at_ >= between_looks) {
        looked_at_ = now;
        for (auto& reader : readers_)
            reader.gone = reader.gone || !may_read_(reader.follower) || !reader.stream.send({});
    }
    if (now - signed_at_ < options_.between_signs) return;
    signed_at_ = now;
    for (auto& reader : readers_)
        reader.gone = reader.gone || !reader.stream.send(sign_of_life);
}

}  // namespace muster::http
