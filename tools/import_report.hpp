// What an import came to: counts, and a line for each record that needs somebody's eyes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::tools {

// A record of the dump. Without an id where that could not be read.
struct LegacyPlace {
    std::uint32_t line{};
    std::string_view record;  // "client" or "contact".
    std::optional<std::uint64_t> id;

    bool operator<(const LegacyPlace& other) const { return line < other.line; }
};

// Two records with one address: the user of this one has none. Rule M6.
struct AddressConflict {
    LegacyPlace place;
    std::string email;
    std::string holder;  // "client 3", "contact 4", "user 5": who has it.
};
struct Rejection {
    LegacyPlace place;
    std::string why;
};
struct Noted {
    LegacyPlace place;
    std::string_view code;
    std::string text;
};

// Of one table. Every row is one of the last three.
struct RecordCounts {
    std::uint64_t read{}, imported{}, imported_before{}, rejected{};
};

class ImportReport {
public:
    // More lines of a kind than these are counted, and not kept.
    static constexpr std::size_t most_lines = 100'000;

    RecordCounts clients, contacts;
    std::uint64_t users{}, accounts{}, associations{}, account_contacts{};  // Made.
    std::uint64_t answers{}, second_factors{};  // To be set anew by their users.
    bool dry_run{};
    bool says_complete{};

    void conflict(AddressConflict conflict);
    void reject(Rejection rejection);
    void note(Noted noted);

    // By line. Data, for stdout; ends with a line end.
    std::string text();
    std::string json();

private:
    template <class Line>
    struct Lines {
        std::vector<Line> kept;
        std::uint64_t count{};

        void add(Line line);
        void sort();
    };
    RecordCounts& counts_of(std::string_view record) {
        return record == "client" ? clients : contacts;
    }
    void sort();

    Lines<AddressConflict> conflicts_;
    Lines<Rejection> rejections_;
    Lines<Noted> remarks_;
};

}  // namespace muster::tools
