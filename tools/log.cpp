#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>

#include "events/json.hpp"
#include "events/time.hpp"
#include "tools/commands.hpp"
#include "tools/log_reading.hpp"

namespace muster::tools {
namespace {

// By its name, or its beginning and "*".
bool is_named(const EventType& type, std::string_view wanted) {
    return wanted.ends_with('*') ? type.name.starts_with(wanted.substr(0, wanted.size() - 1))
                                 : type.name == wanted;
}

template <class... E>
bool any_is_named(std::variant<E...>*, std::string_view wanted) {
    return (is_named(E::type, wanted) || ...);
}
bool any_event_is(std::string_view wanted) {
    return any_is_named(static_cast<Event*>(nullptr), wanted);
}

// Events on their way to stdout, a line each.
class Lines {
public:
    Lines(Keyring& keyring, const LogOptions& options)
        : keyring_(keyring), since_(parse_time(options.since)), until_(parse_time(options.until)) {}

    // False: no more is wanted, or can be told.
    bool add(const Stored& stored, const LogOptions& options) {
        if (stored.position.number < options.from) return true;
        const auto envelope = parse_envelope(stored.bytes);
        if (envelope && until_ && envelope->time > *until_) return false;  // Time never goes back.
        if (envelope && since_ && envelope->time < *since_) return true;
        const auto record = decode(stored.bytes, &keyring_);
        if (!record) {
            fault_ = record.error();
            return false;
        }
        if (!concerns(*record, options)) return true;
        line_.clear();
        JsonWriter out{line_};
        write_record(out, *record, stored);
        line_.push_back('\n');
        if (std::fwrite(line_.data(), 1, line_.size(), stdout) == line_.size()) return true;
        error_ = errno;
        return false;
    }

    // The exit status.
    int end() {
        if (error_ == 0 && std::fflush(stdout) != 0) error_ = errno;
        if (error_ != 0 && error_ != EPIPE) {
            fmt::print(stderr, "muster: cannot write the events: {}\n", std::strerror(error_));
            return 1;
        }
        if (error_ == 0 && fault_) return report(*fault_);
        return 0;  // Whoever reads has read enough, or all.
    }
    void fail(const Fault& fault) { fault_ = fault; }

private:
    // The stream that is read has one of the two already.
    static bool concerns(const Record& record, const LogOptions& options) {
        const auto stands_in = [&](const StreamId& stream) {
            return std::ranges::find(record.streams, stream, &StreamVersion::stream) !=
                   record.streams.end();
        };
        return (options.type.empty() || is_named(type_of(record.event), options.type)) &&
               (!options.account || stands_in(stream_of(AccountId{*options.account}))) &&
               (!options.user || stands_in(stream_of(UserId{*options.user})));
    }

    Keyring& keyring_;
    std::optional<Time> since_, until_;
    std::string line_;
    std::optional<Fault> fault_;
    int error_ = 0;
};

std::optional<StreamId> stream_of(const LogOptions& options) {
    if (options.user) return muster::stream_of(UserId{*options.user});
    if (options.account) return muster::stream_of(AccountId{*options.account});
    return std::nullopt;
}

}  // namespace

int log(const LogOptions& options) {
    if (!options.type.empty() && !any_event_is(options.type)) {
        fmt::print(stderr, "muster: no event is named \"{}\"\n", options.type);
        return 2;
    }
    auto reading = open_for_reading(options.data, DataFolder::Open::reading);
    if (!reading) return report(reading.error());
    std::signal(SIGPIPE, SIG_IGN);  // A closed pipe is an error of the write, not the end.
    Keyring keyring{*reading->log, reading->folder.keys(), keys_remembered};
    Lines lines{keyring, options};
    const auto visit = [&](const Stored& stored) { return lines.add(stored, options); };
    const auto stream = stream_of(options);
    const auto read = stream ? reading->log->read_stream(*stream, 0, SIZE_MAX, visit)
                             : reading->log->read({std::max<std::uint64_t>(options.from, 1) - 1},
                                                  SIZE_MAX, visit);
    if (!read) lines.fail(read.error());
    return lines.end();
}

}  // namespace muster::tools
