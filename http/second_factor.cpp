// Two-factor of users and of admins: starting it, confirming it, switching it off.
#include "handlers/second_factor.hpp"

#include <fmt/format.h>
#include <qrencode.h>

#include "handlers/staff.hpp"
#include "handlers/users.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/staff.hpp"
#include "projections/users.hpp"

namespace muster::http {
namespace {

constexpr int quiet_zone = 4;  // In modules, as ISO/IEC 18004 asks for.

// A QR code as a drawing of one path, black on white. Empty where the text is too long for one.
std::string qr_svg(const std::string& text) {
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code{
        QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1), QRcode_free};
    if (!code) return {};
    const auto size = code->width + 2 * quiet_zone;
    std::string path;
    for (int y = 0; y < code->width; ++y) {
        for (int x = 0; x < code->width; ++x) {
            if ((code->data[y * code->width + x] & 1) != 0)
                path += fmt::format("M{} {}h1v1h-1z", x + quiet_zone, y + quiet_zone);
        }
    }
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{0}v{0}H0z\"/>"
        "<path d=\"{1}\"/></svg>",
        size, path);
}

// Whom an authenticator says that the codes are for: the host of the public address.
std::string issuer_of(const Services& services) {
    const auto& url = services.public_url;
    const auto scheme = url.find("://");
    const auto host = scheme == std::string::npos ? 0 : scheme + 3;
    return url.substr(host, url.find_first_of(":/", host) - host);
}

// The two kinds of holders.
struct OfUser {
    using Id = UserId;
    static constexpr auto by_password = Check::Whose::user_by_id;
    static constexpr auto by_code = Check::Whose::code_of_user;
    static Id who(const Call& call) { return call.caller.user; }
    static std::string name(const Answering& with, Id id) {
        const auto row = views::find_user(with.reading, id);
        return row ? row->email : std::string{};
    }
};
struct OfAdmin {
    using Id = AdminId;
    static constexpr auto by_password = Check::Whose::admin_by_id;
    static constexpr auto by_code = Check::Whose::code_of_admin;
    static Id who(const Call& call) { return call.caller.admin; }
    static std::string name(const Answering& with, Id id) {
        const auto row = views::find_admin(with.reading, id);
        return row ? row->email : std::string{};
    }
};

Check check_of(Check::Whose whose, std::uint64_t id) {
    return {.whose = whose, .id = id, .failed = wrong_password};
}

// A repetition is answered without what is shown once.
Response started_answer(const FactorSecret& secret, const std::string& uri, bool repeated) {
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object();
        if (!repeated) {
            out.key("secret").text(to_base32(as_text(secret)));
            out.key("uri").text(uri);
            out.key("qr_svg").text(qr_svg(uri));
        }
        out.end_object();
    });
}

std::string present_password_in(Fields& body) { return body.secret("current_password"); }
std::string code_in(Fields& body) { return body.secret("code"); }

// An API key has no two-factor.
std::optional<Error> only_admins(const Call& call) {
    return call.caller.admin ? std::nullopt : std::optional{wrong_role};
}

template <class Of>
Change starting_factor(Call& call, const std::string& password) {
    const auto who = Of::who(call);
    auto check = check_of(Of::by_password, who.number);
    check.password = password;
    const auto secret = random_bytes<FactorSecret>();
    return Change{.use_case =
                      [who, secret](Work& work, const Secrets& secrets) {
                          return start_second_factor(work, who, secret, secrets.proof());
                      },
                  .answer =
                      [who, secret](const Accepted& accepted, const Answering& with) {
                          const auto uri = provisioning_uri(secret, issuer_of(with.services),
                                                            Of::name(with, who));
                          return started_answer(secret, uri, accepted.repeated);
                      },
                  .check = check};
}

template <class Of>
Change confirming_factor(Call& call, const std::string& code) {
    const auto who = Of::who(call);
    auto check = check_of(Of::by_code, who.number);
    check.code = code;
    const auto codes = draw_recovery_codes();
    return Change{.use_case =
                      [who, codes](Work& work, const Secrets& secrets) {
                          return confirm_second_factor(work, who, secrets.verified.code, codes);
                      },
                  .answer =
                      [codes](const Accepted& accepted, const Answering&) {
                          return json_answer(200, [&](JsonWriter& out) {
                              out.begin_object().key("recovery_codes").begin_array();
                              for (const auto& each : codes) {
                                  if (!accepted.repeated) out.text(each);
                              }
                              out.end_array().end_object();
                          });
                      },
                  .check = check};
}

template <class Of>
Change disabling_factor(Call& call, const std::string& password) {
    const auto who = Of::who(call);
    auto check = check_of(Of::by_password, who.number);
    check.password = password;
    return Change{.use_case =
                      [who](Work& work, const Secrets& secrets) {
                          return disable_second_factor(work, who, secrets.proof());
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .check = check,
                  .versioned = stream_of(who)};
}

}  // namespace

const Command start_my_two_factor = changing<starting_factor<OfUser>, present_password_in>;
const Command confirm_my_two_factor = changing<confirming_factor<OfUser>, code_in>;
const Command disable_my_two_factor = changing<disabling_factor<OfUser>, present_password_in>;
const Command start_admin_two_factor =
    changing<starting_factor<OfAdmin>, present_password_in, only_admins>;
const Command confirm_admin_two_factor = changing<confirming_factor<OfAdmin>, code_in, only_admins>;
const Command disable_admin_two_factor =
    changing<disabling_factor<OfAdmin>, present_password_in, only_admins>;

}  // namespace muster::http
