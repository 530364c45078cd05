// Stored bytes, written and read. Numbers are LEB128 varints, at most ten bytes, in their shortest
// form; texts and lists are a varint length and their parts. A Reader checks every length before it
// reads or allocates; what is wrong once stays wrong.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace muster {

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
    void varint(std::uint64_t value) {
        if (value < 0x80) return byte(static_cast<std::uint8_t>(value));
        std::array<std::uint8_t, 10> bytes;
        std::size_t size = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[size++] = static_cast<std::uint8_t>(value | 0x80);
        bytes[size++] = static_cast<std::uint8_t>(value);
        raw(std::span{bytes}.first(size));
    }
    void raw(std::string_view bytes) { out_.append(bytes); }
    void raw(std::span<const std::uint8_t> bytes) {
        out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void text(std::string_view bytes) {
        varint(bytes.size());
        raw(bytes);
    }
    // Big-endian, so that bytes sort as numbers do: for keys.
    void fixed64(std::uint64_t value) {
        std::array<std::uint8_t, 8> bytes;
        for (std::size_t n = bytes.size(); n > 0; value >>= 8)
            bytes[--n] = static_cast<std::uint8_t>(value);
        raw(bytes);
    }

private:
    std::string& out_;
};

class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    // Whether everything so far was there and well-formed.
    bool ok() const { return ok_; }
    // Whether all is read and well-formed.
    bool done() const { return ok_ && rest_.empty(); }
    std::size_t left() const { return rest_.size(); }
    void fail() {
        ok_ = false;
        rest_ = {};
    }

    // After a failure: zero, or empty.
    std::uint8_t byte() {
        const auto one = raw(1);
        return one.empty() ? std::uint8_t{} : static_cast<std::uint8_t>(one.front());
    }
    std::uint64_t varint() {
        if (rest_.empty() || static_cast<std::uint8_t>(rest_.front()) >= 0x80) return long_varint();
        return byte();
    }
    std::uint64_t fixed64();
    std::string_view raw(std::size_t size) {
        if (size > rest_.size()) {
            fail();
            return {};
        }
        const auto bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }
    std::string_view text() {
        const auto size = varint();
        return size > rest_.size() ? (fail(), std::string_view{})
                                   : raw(static_cast<std::size_t>(size));
    }
    // A list's length, where each part takes at least one byte.
    std::size_t count() {
        const auto size = varint();
        return size > rest_.size() ? (fail(), 0) : static_cast<std::size_t>(size);
    }

private:
    std::uint64_t long_varint();

    std::string_view rest_;
    bool ok_ = true;
};

inline std::uint64_t Reader::long_varint() {
    std::uint64_t value = 0;
    int shift = 0;
    for (std::size_t n = 0; n < rest_.size() && shift < 64; ++n, shift += 7) {
        const auto part = static_cast<std::uint8_t>(rest_[n]);
        if (shift == 63 && part > 1) break;
        value |= static_cast<std::uint64_t>(part & 0x7f) << shift;
        if (part < 0x80) {
            if (part == 0 && shift != 0) break;  // Not the shortest form.
            rest_.remove_prefix(n + 1);
            return value;
        }
    }
    fail();
    return 0;
}

inline std::uint64_t Reader::fixed64() {
    std::uint64_t value = 0;
    for (const auto byte : raw(8))
        value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
}

inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace muster
