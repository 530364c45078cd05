// Signed notes (C2SP signed-note) with Ed25519 (RFC 8032), and the checkpoints of a log that they
// carry (C2SP tlog-checkpoint).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/record.hpp"
#include "events/sealing.hpp"

namespace muster {

// What may stand before a key: UTF-8 without blanks, control characters and "+"; not empty.
bool is_note_name(std::string_view text);

// Whom a signature is of. Text: <name>+<id, 8 hexadecimal digits>+base64(0x01 || public key).
struct VerifierKey {
    std::string name;
    std::array<std::uint8_t, 4> id{};
    std::array<std::uint8_t, 32> public_key{};

    static std::optional<VerifierKey> parse(std::string_view text);
    std::string text() const;
    bool operator==(const VerifierKey&) const = default;
};
// One a line; blank lines do not count. Absent where a line is no key, or none is there.
std::optional<std::vector<VerifierKey>> parse_verifier_keys(std::string_view text);

class NoteSigner {
public:
    // The seed as RFC 8032 has it.
    NoteSigner(std::string name, const Key& seed);
    NoteSigner(const NoteSigner&) = delete;
    NoteSigner& operator=(const NoteSigner&) = delete;
    ~NoteSigner();

    const VerifierKey& verifier() const { return verifier_; }
    // `text` ends with a line feed.
    std::string sign(std::string_view text) const;

private:
    VerifierKey verifier_;
    std::array<std::uint8_t, 64> secret_{};
};

struct SignedNote {
    struct Signature {
        std::string name;
        std::array<std::uint8_t, 4> id{};
        std::string bytes;
    };
    std::string text;
    std::vector<Signature> signatures;

    // Absent where the bytes are no signed note.
    static std::optional<SignedNote> parse(std::string_view bytes);
    // Whether one of these signed it. A signature that claims to be of a known key and is not makes
    // it false, whoever else signed.
    bool verified_by(std::span<const VerifierKey> keys) const;
};

// The head of a log at some size: what was signed.
struct SignedHead {
    std::string origin;
    std::uint64_t size{};
    Hash root{};

    // The three lines; absent for anything else. Further lines are allowed and left alone.
    static std::optional<SignedHead> parse(std::string_view text);
    std::string text() const;
    bool operator==(const SignedHead&) const = default;
};

}  // namespace muster
