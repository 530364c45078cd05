// What somebody outside does with a log's proofs and notes: RFC 9162, sections 2.1.3.2 and 2.1.4.2,
// and C2SP signed-note, told once more. It shares no code with the server, whose hashes are
// OpenSSL's and whose signatures are libsodium's; here it is the other way round.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace muster::verifier {

using Sum = std::string;  // 32 bytes.

inline Sum sha256(std::string_view bytes) {
    Sum sum(32, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(sum.data()),
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return sum;
}
inline Sum leaf(std::string_view record) { return sha256(std::string(1, '\0').append(record)); }
inline Sum join(std::string_view left, std::string_view right) {
    return sha256(std::string(1, '\1').append(left).append(right));
}

inline bool includes(std::uint64_t index, std::uint64_t size, const Sum& leaf,
                     const std::vector<Sum>& path, const Sum& root) {
    if (index >= size || leaf.size() != 32) return false;
    auto fn = index, sn = size - 1;
    auto r = leaf;
    for (const auto& p : path) {
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            r = join(p, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = join(r, p);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && r == root;
}

inline bool extends(std::uint64_t first, std::uint64_t second, std::vector<Sum> path,
                    const Sum& first_root, const Sum& second_root) {
    if (first == 0 || first > second) return false;
    if (first == second) return path.empty() && first_root == second_root;
    if (path.empty()) return false;
    if (std::has_single_bit(first)) path.insert(path.begin(), first_root);
    auto fn = first - 1, sn = second - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    auto fr = path.front(), sr = path.front();
    for (auto c = path.begin() + 1; c != path.end(); ++c) {
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            fr = join(*c, fr);
            sr = join(*c, sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = join(sr, *c);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && fr == first_root && sr == second_root;
}

// The root of a whole list, by its definition.
inline Sum root_of(const std::vector<Sum>& leaves, std::size_t from, std::size_t to) {
    if (from == to) return sha256("");
    if (to - from == 1) return leaves[from];
    const auto half = std::bit_floor(to - from - 1);
    return join(root_of(leaves, from, from + half), root_of(leaves, from + half, to));
}

inline std::string unbase64(std::string_view text) {
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                          text.size(), nullptr, &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        throw std::runtime_error("no base64: " + std::string{text});
    bytes.resize(size);
    return bytes;
}

inline std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

inline bool is_signature(std::string_view public_key, std::string_view message,
                         std::string_view signature) {
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    };
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(public_key),
                                    public_key.size()),
        &EVP_PKEY_free};
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free};
    return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                            message.size()) == 1;
}

// A note's text where the key, "<name>+<id>+<base64>", signed it; empty where not.
inline std::string opened(std::string_view note, std::string_view vkey) {
    const auto end_of_name = vkey.find('+');
    const auto end_of_id = vkey.find('+', end_of_name + 1);
    const std::string name{vkey.substr(0, end_of_name)};
    const auto key = unbase64(vkey.substr(end_of_id + 1));  // 0x01 and the key.
    const auto id = sha256(name + "\n" + key).substr(0, 4);
    const auto end_of_text = note.rfind("\n\n");
    if (end_of_text == std::string_view::npos) return {};
    const std::string text{note.substr(0, end_of_text + 1)};
    const auto front = "\xe2\x80\x94 " + name + " ";
    for (const auto& line : lines_of(note.substr(end_of_text + 2))) {
        if (!line.starts_with(front)) continue;
        const auto signature = unbase64(line.substr(front.size()));
        if (signature.starts_with(id) && is_signature(key.substr(1), text, signature.substr(4)))
            return text;
    }
    return {};
}

struct Head {
    std::string origin;
    std::uint64_t size{};
    Sum root;
};
// Of a note that was opened.
inline Head head_of(std::string_view text) {
    const auto lines = lines_of(text);
    return {lines.at(0), std::stoull(lines.at(1)), unbase64(lines.at(2))};
}

}  // namespace muster::verifier
