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
    static std::optional<Id> who(const Call& call) { return call.caller.user; }
    static std::string name(const Answering& with, Id id) {
        const auto row = views::find_user(with.reading, id);
        return row ? row->email : std::string{};
    }
};
struct OfAdmin {
    using Id = AdminId;
    static constexpr auto by_password = Check::Whose::admin_by_id;
    static constexpr auto by_code = Check::Whose::code_of_admin;
    static std::optional<Id> who(const Call& call) {
        return call.caller.admin ? std::optional{call.caller.admin} : std::nullopt;
    }
    static std::string name(const Answering& with, Id id) {
        const auto row = views::find_admin(with.reading, id);
        return row ? row->email : std::string{};
    }
};

// The holder, with the one secret that the body must give: "current_password", or a code.
template <class Of>
struct Shown {
    typename Of::Id who;
    Check check;
    std::string body;

    static std::expected<Shown, Problem> parse(Call& call, Check::Whose whose) {
        const auto who = Of::who(call);
        if (!who) return std::unexpected(problem_of(wrong_role));
        auto body = Fields::parse(call.request.body);
        if (!body) return std::unexpected(body.error());
        Shown shown{*who, {.whose = whose, .id = who->number, .failed = wrong_password}, {}};
        if (shown.check.code_only()) {
            shown.check.code = body->secret("code");
        } else {
            shown.check.password = body->secret("current_password");
        }
        shown.body = body->canonical();
        if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
        return shown;
    }
};

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

template <class Of>
Asked start(Call& call) {
    auto shown = Shown<Of>::parse(call, Of::by_password);
    if (!shown) return std::unexpected(shown.error());
    const auto secret = random_bytes<FactorSecret>();
    return Change{.use_case =
                      [who = shown->who, secret](Work& work, const Secrets& secrets) {
                          return start_second_factor(work, who, secret, secrets.proof());
                      },
                  .answer =
                      [who = shown->who, secret](const Accepted& accepted, const Answering& with) {
                          const auto uri = provisioning_uri(secret, issuer_of(with.services),
                                                            Of::name(with, who));
                          return started_answer(secret, uri, accepted.repeated);
                      },
                  .body = shown->body,
                  .check = shown->check};
}

template <class Of>
Asked confirm(Call& call) {
    auto shown = Shown<Of>::parse(call, Of::by_code);
    if (!shown) return std::unexpected(shown.error());
    const auto codes = draw_recovery_codes();
    return Change{.use_case =
                      [who = shown->who, codes](Work& work, const Secrets& secrets) {
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
                  .body = shown->body,
                  .check = shown->check};
}

template <class Of>
Asked disable(Call& call) {
    auto shown = Shown<Of>::parse(call, Of::by_password);
    if (!shown) return std::unexpected(shown.error());
    return Change{.use_case =
                      [who = shown->who](Work& work, const Secrets& secrets) {
                          return disable_second_factor(work, who, secrets.proof());
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .body = shown->body,
                  .check = shown->check,
                  .versioned = stream_of(shown->who)};
}

}  // namespace

Asked start_my_two_factor(Call& call) { return start<OfUser>(call); }
Asked confirm_my_two_factor(Call& call) { return confirm<OfUser>(call); }
Asked disable_my_two_factor(Call& call) { return disable<OfUser>(call); }
Asked start_admin_two_factor(Call& call) { return start<OfAdmin>(call); }
Asked confirm_admin_two_factor(Call& call) { return confirm<OfAdmin>(call); }
Asked disable_admin_two_factor(Call& call) { return disable<OfAdmin>(call); }

}  // namespace muster::http
