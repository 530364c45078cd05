// Where the views lie: a RocksDB of its own, without a write-ahead log. Rows and marks go down
// together, so what a crash loses is projected again; a store that cannot be opened is deleted and
// built anew from the log.
//
//   key   := 0                                        -> marks (list of Mark, codec.hpp)
//          | view(1) generation(1) table(1) rest      -> a row of a view (rows.hpp)
//
// Rows whose keys begin with the same view, generation, table and first eight bytes, an id, are a
// group: a user's accounts, for instance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/fault.hpp"
#include "events/id.hpp"

namespace muster::views {

// How far one generation of a view is. At most two generations of a view exist: the one that
// queries read, and one that is built beside it and then takes its place.
struct Mark {
    std::uint32_t view{};        // The view's stored number, 1 to 255.
    std::uint32_t generation{};  // 1 to 255, then 1 again.
    bool serving{};
    std::uint32_t version{};
    std::uint64_t position{};
    std::uint64_t leaf{};  // Of the leaf hash at `position`: is it the same log as before?
    std::uint64_t rows{};

    bool operator==(const Mark&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("view", self.view)("generation", self.generation)("serving", self.serving)(
            "version", self.version)("position", self.position)("leaf", self.leaf)("rows",
                                                                                   self.rows);
    }
};
using Marks = std::vector<Mark>;

// The keys that start with a prefix, in order, as they were at one moment. One thread at a time.
class Walk {
public:
    struct Impl;
    explicit Walk(std::unique_ptr<Impl> impl);
    Walk(Walk&&) noexcept;
    Walk& operator=(Walk&&) noexcept;
    ~Walk();

    // To the first key at or after prefix + rest; to the last one at or before it. Whether there is
    // one.
    bool seek(std::string_view rest);
    bool seek_back(std::string_view rest);
    bool first();
    bool last();
    bool next();
    bool previous();
    bool valid() const;
    // Without the prefix. Both live until the walk moves.
    std::string_view rest() const;
    std::string_view value() const;

private:
    std::unique_ptr<Impl> impl_;
};

// All views as they were at one moment. Cheap to make: one for each request. One thread at a time.
class Reading {
public:
    struct Moment;
    explicit Reading(std::shared_ptr<const Moment> moment);

    // Absent where there is no such row, and after a fault.
    std::optional<std::string> get(std::string_view key) const;
    Walk walk(std::string prefix) const;
    // Every row of a group, in order, for groups of a few; the prefix is theirs, 11 bytes.
    using Visit = std::function<void(std::string_view rest, std::string_view value)>;
    void each(const std::string& prefix, const Visit& visit) const;
    // Whether every row that is there could be read so far; to be asked before answering.
    const std::optional<Fault>& fault() const { return *fault_; }
    void fail(Fault fault) const;

    // The mark of the generation that queries read; absent where the view has none yet.
    const Mark* serving(std::uint32_t view) const;
    // The position that every view has passed.
    Position position() const;

private:
    std::shared_ptr<const Moment> moment_;
    std::shared_ptr<std::optional<Fault>> fault_;
};

// What one step writes: all of it or nothing.
struct StoreBatch {
    // In the order of their keys, each once. No value: erase.
    std::vector<std::pair<std::string_view, std::optional<std::string_view>>> rows;
    std::vector<std::string> dropped;  // Prefixes of generations that go away, before `rows`.
    Marks marks;                       // All that there are from here on.
};

class ViewStore {
public:
    struct Options {
        enum class Mode : std::uint8_t { write, read };
        Mode mode = Mode::write;  // `read` changes nothing in the folder.
        std::size_t cache_bytes = 8
                                  << 20;  // Of blocks, for walks and for rows read the first time.
        std::size_t row_cache_bytes = 40 << 20;
        std::size_t write_buffer_bytes = 4 << 20;
    };
    // Opens or makes; what is damaged or of another layout is deleted first (a fault with `read`).
    static std::expected<std::unique_ptr<ViewStore>, Fault> open(
        const std::filesystem::path& folder, const Options& options);
    // In a folder of its own, deleted at the end: for tests and audits.
    static std::expected<std::unique_ptr<ViewStore>, Fault> temporary();
    // The same with what lies in this folder, which stays as it is and which nobody else has open.
    static std::expected<std::unique_ptr<ViewStore>, Fault> temporary_copy(
        const std::filesystem::path& folder);

    ViewStore(const ViewStore&) = delete;
    ViewStore& operator=(const ViewStore&) = delete;
    ~ViewStore();  // Flushes.

    // What was written last. Any thread.
    Reading now() const;
    Marks marks() const;

    // One thread at a time from here on. What is written can be read by `now` at once.
    std::expected<void, Fault> write(const StoreBatch& batch);
    // The newest value, for whoever makes what is written. Any thread, as long as nobody writes
    // this row meanwhile.
    std::expected<std::optional<std::string>, Fault> get(std::string_view key) const;
    // While much is written: large batches go into files of their own, which are merged later.
    void bulk(bool on);
    std::expected<void, Fault> flush();
    // Makes a store of this one as it is at a moment, in a folder that is not there yet. Any
    // thread.
    std::expected<void, Fault> freeze(const std::filesystem::path& folder) const;
    // Writes every file anew, so that none has bytes of rows that were erased or changed before the
    // call. False: somebody reads the store as it was before, and with it those rows; again later.
    // Any thread. A fault where it is stopped meanwhile.
    std::expected<bool, Fault> purge(const std::stop_token& stop);
    // Flushes and merges everything into one sorted run, at once and to its end, as is else done in
    // the background. Takes seconds for a million rows.
    std::expected<void, Fault> merge();

private:
    struct Impl;
    explicit ViewStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace muster::views
