#include "projections/rows.hpp"

#include <algorithm>
#include <set>

#include "projections/overlay.hpp"

namespace muster::views {
namespace {

constexpr std::size_t entry_overhead = 120;
// So that a reader of the newest few lines of a long list reads little more than those.
constexpr std::size_t longest_list = 256;

}  // namespace

void put_part(Writer& out, const std::string& text) {
    if (text.empty()) return out.byte(1);
    out.byte(0);
    if (text.find('\0') == std::string::npos) {
        out.raw(text);
    } else {
        for (const char c : text) {
            if (c != '\0') out.byte(static_cast<std::uint8_t>(c));
        }
    }
    out.byte(0);
}

void put_part(Writer& out, const std::optional<Time>& time) {
    out.byte(time ? 0 : 1);
    if (time) out.fixed64(static_cast<std::uint64_t>(time->ms));
}

void Overlay::put(std::string key, std::optional<std::string> value) {
    const auto size = key.size() + (value ? value->size() : 0);
    const auto [at, added] = entries.try_emplace(std::move(key));
    bytes += added ? size + entry_overhead : 0;
    at->second.value = std::move(value);
    at->second.changed = true;
}

void Overlay::close(const std::string& prefix, List& list) {
    auto key = prefix;
    Writer{key}.fixed64(list.first.number);
    put(std::move(key), std::move(list.gaps));
    list = {};
}

void Overlay::collect(StoreBatch& batch) {
    for (auto& [prefix, list] : lists) {
        if (list.count > 0) close(prefix, list);
    }
    const auto before = static_cast<std::ptrdiff_t>(batch.rows.size());
    for (const auto& [key, entry] : entries) {
        if (entry.changed) batch.rows.emplace_back(key, entry.value);
    }
    std::sort(batch.rows.begin() + before, batch.rows.end(),
              [](const auto& one, const auto& other) { return one.first < other.first; });
}

void Overlay::clear() {
    entries.clear();
    walked.clear();
    lists.clear();
    counted = 0;
    bytes = 0;
}

const std::string* Rows::read(const std::string& key) {
    auto known = overlay_.entries.find(key);
    if (known == overlay_.entries.end()) {
        auto stored = overlay_.store->get(key);
        if (!stored) {
            fail(stored.error().message);
            return nullptr;
        }
        overlay_.bytes += key.size() + (*stored ? (*stored)->size() : 0) + entry_overhead;
        known = overlay_.entries.emplace(key, Overlay::Entry{std::move(*stored), false}).first;
    }
    return known->second.value ? &*known->second.value : nullptr;
}

void Rows::write(std::string key, std::optional<std::string> value, bool walked) {
    if (walked && value) {
        Reader last{std::string_view{key}.substr(key.size() - 8)};
        overlay_.walked[key.substr(0, key.size() - 8)].push_back(last.fixed64());
    }
    overlay_.put(std::move(key), std::move(value));
}

void Rows::append_to(std::string prefix, Position position) {
    const auto [at, added] = overlay_.lists.try_emplace(std::move(prefix));
    auto& list = at->second;
    if (added) overlay_.bytes += at->first.size() + entry_overhead;
    if (list.count == 0) {
        list.first = position;
    } else {
        Writer{list.gaps}.varint(position.number - list.last.number);
        ++overlay_.bytes;
    }
    list.last = position;
    if (++list.count == longest_list) overlay_.close(at->first, list);
}

void Rows::count(int change) { overlay_.counted += change; }

std::vector<std::uint64_t> Rows::numbers_behind(const std::string& prefix) {
    std::set<std::uint64_t> found;
    const auto reading = overlay_.store->now();
    auto walk = reading.walk(prefix);
    for (bool more = walk.first(); more; more = walk.next()) {
        Reader rest{walk.rest()};
        found.insert(rest.fixed64());
    }
    if (reading.fault()) fail(reading.fault()->message);
    if (const auto known = overlay_.walked.find(prefix); known != overlay_.walked.end())
        found.insert(known->second.begin(), known->second.end());

    std::vector<std::uint64_t> list;
    for (const auto number : found) {
        auto key = prefix;
        Writer{key}.fixed64(number);
        const auto changed = overlay_.entries.find(key);
        if (changed == overlay_.entries.end() || changed->second.value) list.push_back(number);
    }
    return list;
}

void Rows::fail(std::string message) {
    if (!overlay_.error) overlay_.error = std::move(message);
}

}  // namespace muster::views
