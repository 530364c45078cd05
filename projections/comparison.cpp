#include "projections/comparison.hpp"

#include "events/bytes.hpp"

namespace muster::views {
namespace {

// The rows of one generation in order, lists position by position.
class RowsInOrder {
public:
    RowsInOrder(const Generation& of, bool lists)
        : walk_(of.reading.walk(
              {static_cast<char>(of.mark.view), static_cast<char>(of.mark.generation)})),
          lists_(lists) {
        load(walk_.first());
    }
    bool valid() const { return valid_; }
    const std::string& key() const { return key_; }
    const std::string& value() const { return value_; }
    void next() {
        if (value_left_ == 0) return load(walk_.next());
        Reader gaps{walk_.value().substr(walk_.value().size() - value_left_)};
        position_ += gaps.varint();
        value_left_ = gaps.ok() ? gaps.left() : 0;
        place();
    }

private:
    void load(bool found) {
        valid_ = found;
        if (!found) return;
        key_ = walk_.rest();
        value_ = lists_ ? std::string{} : std::string{walk_.value()};
        if (!lists_ || key_.size() < 8) return;
        position_ = Reader{std::string_view{key_}.substr(key_.size() - 8)}.fixed64();
        value_left_ = walk_.value().size();
    }
    void place() {
        key_.resize(key_.size() - 8);
        Writer{key_}.fixed64(position_);
    }

    Walk walk_;
    bool lists_;
    bool valid_ = false;
    std::string key_, value_;
    std::uint64_t position_ = 0;
    std::size_t value_left_ = 0;  // Of a list's gaps.
};

}  // namespace

Comparison compare_rows(const View& view, const Generation& old, const Generation& fresh,
                        std::size_t limit, const std::function<bool()>& goes_on) {
    using enum RowDifference::What;
    Comparison found{Position{fresh.mark.position}, 0, {}};
    const auto note = [&](RowDifference::What what, const std::string& key) {
        if (++found.total <= limit) found.rows.push_back({key, what});
    };
    RowsInOrder one{old, view.keeps_lists};
    RowsInOrder other{fresh, view.keeps_lists};
    while ((one.valid() || other.valid()) && goes_on()) {
        if (!other.valid() || (one.valid() && one.key() < other.key())) {
            note(only_old, one.key());
            one.next();
        } else if (!one.valid() || other.key() < one.key()) {
            note(only_new, other.key());
            other.next();
        } else {
            if (one.value() != other.value()) note(differs, one.key());
            one.next();
            other.next();
        }
    }
    return found;
}

}  // namespace muster::views
