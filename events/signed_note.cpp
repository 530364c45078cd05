#include "events/signed_note.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <sodium.h>

#include "events/bytes.hpp"
#include "events/text.hpp"
#include "events/tree.hpp"

namespace muster {
namespace {

constexpr char ed25519 = 1;  // As the first byte of a public key, and of what its id is made of.
constexpr std::string_view mark = "\u2014 ";
constexpr std::size_t id_size = 4, public_key_size = crypto_sign_PUBLICKEYBYTES;

// The first four bytes of SHA-256(name || LF || algorithm || public key).
std::array<std::uint8_t, id_size> id_of(std::string_view name, std::string_view public_key) {
    std::string message{name};
    message.append("\n").push_back(ed25519);
    message.append(public_key);
    const auto hash = sha256(message);
    std::array<std::uint8_t, id_size> id;
    std::copy_n(hash.begin(), id_size, id.begin());
    return id;
}

// Takes what stands before the separator, and the separator, off the front.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const auto front = text.substr(0, end);
    text.remove_prefix(end + 1);
    return front;
}

std::optional<SignedNote::Signature> parse_signature(std::string_view line) {
    if (!line.starts_with(mark)) return std::nullopt;
    line.remove_prefix(mark.size());
    const auto name = take_until(line, ' ');
    if (!name || !is_note_name(*name)) return std::nullopt;
    const auto bytes = from_base64(line);
    if (!bytes || bytes->size() <= id_size) return std::nullopt;
    SignedNote::Signature signature{std::string{*name}, {}, bytes->substr(id_size)};
    std::ranges::copy(as_bytes(std::string_view{*bytes}.substr(0, id_size)), signature.id.begin());
    return signature;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }

}  // namespace

bool is_note_name(std::string_view text) {
    const auto is_wrong = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '+'; };
    return !text.empty() && is_utf8(text) && std::ranges::none_of(text, is_wrong);
}

std::optional<VerifierKey> VerifierKey::parse(std::string_view text) {
    const auto name = take_until(text, '+');
    if (!name || !is_note_name(*name)) return std::nullopt;
    const auto id = take_until(text, '+');
    if (!id) return std::nullopt;
    const auto key = from_base64(text);
    if (!key || key->size() != 1 + public_key_size || key->front() != ed25519) return std::nullopt;
    const auto public_key = std::string_view{*key}.substr(1);
    VerifierKey parsed{std::string{*name}, id_of(*name, public_key), {}};
    if (to_hex(as_text(parsed.id)) != *id) return std::nullopt;
    std::ranges::copy(as_bytes(public_key), parsed.public_key.begin());
    return parsed;
}

std::string VerifierKey::text() const {
    std::string key{ed25519};
    key.append(as_text(public_key));
    return fmt::format("{}+{}+{}", name, to_hex(as_text(id)), to_base64(key));
}

std::optional<std::vector<VerifierKey>> parse_verifier_keys(std::string_view text) {
    std::vector<VerifierKey> keys;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        auto key = VerifierKey::parse(line);
        if (!key) return std::nullopt;
        keys.push_back(std::move(*key));
    }
    if (keys.empty()) return std::nullopt;
    return keys;
}

NoteSigner::NoteSigner(std::string name, const Key& seed) {
    crypto_sign_seed_keypair(verifier_.public_key.data(), secret_.data(), seed.data());
    verifier_.name = std::move(name);
    verifier_.id = id_of(verifier_.name, as_text(verifier_.public_key));
}

NoteSigner::~NoteSigner() { sodium_memzero(secret_.data(), secret_.size()); }

std::string NoteSigner::sign(std::string_view text) const {
    std::array<std::uint8_t, id_size + crypto_sign_BYTES> signature;
    std::ranges::copy(verifier_.id, signature.begin());
    crypto_sign_detached(signature.data() + id_size, nullptr, as_bytes(text).data(), text.size(),
                         secret_.data());
    return fmt::format("{}\n{}{} {}\n", text, mark, verifier_.name, to_base64(as_text(signature)));
}

std::optional<SignedNote> SignedNote::parse(std::string_view bytes) {
    if (!is_utf8(bytes) || std::ranges::any_of(bytes, is_control)) return std::nullopt;
    const auto split = bytes.rfind("\n\n");
    if (split == std::string_view::npos || !bytes.ends_with('\n')) return std::nullopt;
    SignedNote note{std::string{bytes.substr(0, split + 1)}, {}};
    auto lines = bytes.substr(split + 2);
    while (const auto line = take_until(lines, '\n')) {
        auto signature = parse_signature(*line);
        if (!signature) return std::nullopt;
        note.signatures.push_back(std::move(*signature));
    }
    if (note.signatures.empty()) return std::nullopt;
    return note;
}

bool SignedNote::verified_by(std::span<const VerifierKey> keys) const {
    bool verified = false;
    for (const auto& signature : signatures) {
        const auto key = std::ranges::find_if(keys, [&](const VerifierKey& each) {
            return each.name == signature.name && each.id == signature.id;
        });
        if (key == keys.end()) continue;
        if (signature.bytes.size() != crypto_sign_BYTES) return false;
        const auto failed =
            crypto_sign_verify_detached(as_bytes(signature.bytes).data(), as_bytes(text).data(),
                                        text.size(), key->public_key.data());
        if (failed != 0) return false;
        verified = true;
    }
    return verified;
}

std::optional<SignedHead> SignedHead::parse(std::string_view text) {
    const auto origin = take_until(text, '\n');
    const auto size = take_until(text, '\n');
    const auto root = take_until(text, '\n');
    if (!origin || origin->empty() || !size || !root) return std::nullopt;
    SignedHead head{std::string{*origin}, 0, {}};
    const auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), head.size);
    if (error != std::errc{} || std::to_string(head.size) != *size) return std::nullopt;
    const auto hash = from_base64(*root);
    if (!hash || hash->size() != head.root.size()) return std::nullopt;
    std::ranges::copy(as_bytes(*hash), head.root.begin());
    return head;
}

std::string SignedHead::text() const {
    return fmt::format("{}\n{}\n{}\n", origin, size, to_base64(as_text(root)));
}

}  // namespace muster
