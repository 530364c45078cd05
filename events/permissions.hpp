// What an association allows: a set of the thirteen permissions. Keys are independent, none implies
// another.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace muster {

// The order is stored (bit numbers): append, never insert.
enum class Permission : std::uint8_t {
    profile,
    contacts,
    products,
    manageproducts,
    productsso,
    domains,
    managedomains,
    invoices,
    quotes,
    tickets,
    affiliates,
    emails,
    orders,
};

struct PermissionName {
    std::string_view key, label;
};
inline constexpr std::array<PermissionName, 13> permission_names{{
    {"profile", "Modify Master Account Profile"},
    {"contacts", "View & Manage Contacts"},
    {"products", "View Products & Services"},
    {"manageproducts", "View & Modify Product Passwords"},
    {"productsso", "Perform Single Sign-On"},
    {"domains", "View Domains"},
    {"managedomains", "Manage Domain Settings"},
    {"invoices", "View & Pay Invoices"},
    {"quotes", "View & Accept Quotes"},
    {"tickets", "View & Open Support Tickets"},
    {"affiliates", "View & Manage Affiliate Account"},
    {"emails", "View Emails"},
    {"orders", "Place New Orders/Upgrades/Cancellations"},
}};

constexpr std::string_view to_text(Permission permission) {
    return permission_names[static_cast<std::size_t>(permission)].key;
}

class Permissions {
public:
    constexpr Permissions() = default;
    constexpr Permissions(std::initializer_list<Permission> list) {
        for (const auto permission : list)
            insert(permission);
    }
    static constexpr Permissions all() {
        return from_bits((1U << permission_names.size()) - 1).value();
    }

    // Bit n is the permission numbered n; absent if a bit is set that names none.
    static constexpr std::optional<Permissions> from_bits(std::uint64_t bits) {
        if (bits >> permission_names.size() != 0) return std::nullopt;
        Permissions result;
        result.bits_ = static_cast<std::uint32_t>(bits);
        return result;
    }
    constexpr std::uint32_t bits() const { return bits_; }

    constexpr void insert(Permission permission) {
        bits_ |= 1U << static_cast<unsigned>(permission);
    }
    constexpr bool contains(Permission permission) const {
        return (bits_ >> static_cast<unsigned>(permission) & 1U) != 0;
    }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr int size() const { return std::popcount(bits_); }

    // Calls visit(Permission) for each held one, in the order of the table.
    template <class Visit>
    constexpr void for_each(Visit&& visit) const {
        for (std::uint8_t n = 0; n < permission_names.size(); ++n) {
            if (contains(Permission{n})) visit(Permission{n});
        }
    }
    constexpr bool operator==(const Permissions&) const = default;

private:
    std::uint32_t bits_{};
};

// Absent if the key names no permission.
constexpr std::optional<Permission> parse_permission(std::string_view key) {
    for (std::uint8_t n = 0; n < permission_names.size(); ++n) {
        if (permission_names[n].key == key) return Permission{n};
    }
    return std::nullopt;
}

}  // namespace muster
