// JSON bodies, read strictly: well-formed (RFC 8259), no duplicate names, no unknown fields, every
// value of its type and within its bounds. All that is wrong is gathered and told at once.
//
// What a command takes is written once, as a function that reads it from Fields. Run on fields that
// note what they are asked for, the same function describes it: what parses is what is described.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "events/amount.hpp"
#include "events/contact.hpp"
#include "events/email_address.hpp"
#include "events/permissions.hpp"
#include "events/settings.hpp"
#include "events/staff.hpp"
#include "handlers/users.hpp"
#include "http/problem.hpp"

namespace muster::http {

// The object of a body, or one within it. Reading a field that is missing or wrong notes the error
// and gives an empty value; `errors` must be asked before anything is done with what was read.
class Fields {
public:
    // An empty body is an empty object. The problem is 400.
    static std::expected<Fields, Problem> parse(std::string_view body);
    // What a reader takes, as a JSON Schema. Every way through it that `has` decides is described;
    // what it finds in the values of fields is not, so whatever else is refused has to be told in
    // words.
    static nlohmann::ordered_json describe(const std::function<void(Fields&)>& reader);

    Fields(Fields&&) noexcept;
    Fields& operator=(Fields&&) noexcept;
    ~Fields();

    // Whether the field stands there, where what else is read hangs on it.
    bool has(std::string_view name);

    // Texts are trimmed, without control characters, at most `longest` bytes. Required ones are not
    // empty.
    std::string required_text(std::string_view name, std::size_t longest = 255);
    std::optional<std::string> text(std::string_view name, std::size_t longest = 255);
    // Several lines: line ends and tabs are taken.
    std::optional<std::string> long_text(std::string_view name, std::size_t longest = 4096);
    std::string required_long_text(std::string_view name, std::size_t longest);
    // As it is: not trimmed, any character.
    std::string secret(std::string_view name);
    std::optional<std::string> optional_secret(std::string_view name);
    // A new password: 12 to 256 bytes, none of the common ones.
    std::string new_password(std::string_view name);
    std::optional<std::string> optional_new_password(std::string_view name);
    // To a security question, as it is compared.
    std::string security_answer(std::string_view name);
    std::optional<std::string> optional_security_answer(std::string_view name);

    std::uint64_t required_id(std::string_view name);
    std::optional<std::uint64_t> id(std::string_view name);
    EmailAddress required_email(std::string_view name);
    std::optional<EmailAddress> email(std::string_view name);
    std::optional<std::string> language(std::string_view name);  // BCP 47: "en", "pt-BR".
    std::optional<bool> boolean(std::string_view name);
    std::optional<Switch> on_off(std::string_view name);  // A JSON boolean.
    // From 1 to `most`; null is "off", the inner one absent.
    std::optional<std::optional<std::uint32_t>> number_or_off(std::string_view name,
                                                              std::uint32_t most);
    Role required_role(std::string_view name);
    std::optional<Role> role(std::string_view name);
    // A list of keys, or "all". May be empty: that is the domain's to refuse.
    Permissions required_permissions(std::string_view name);
    // A list; absent where the field is.
    std::optional<std::vector<std::string>> texts(std::string_view name);
    std::optional<std::set<MailTopic>> mail_topics(std::string_view name);  // A list of them.
    Amount required_amount(std::string_view name);                          // Decimal text.
    std::string required_currency(std::string_view name);                   // ISO 4217.
    // Absent where the field is; its errors count as this one's.
    std::optional<Fields> object(std::string_view name);
    // A list of 1 to `most` objects.
    std::vector<Fields> required_objects(std::string_view name, std::size_t most);
    std::optional<std::string> choice(std::string_view name,
                                      const std::vector<std::string_view>& values);
    std::string required_choice(std::string_view name, const std::vector<std::string_view>& values);

    // An account's profile, all fields optional. Its notes are the staff's.
    enum class Notes : std::uint8_t { refused, taken };
    ProfileChange profile(Notes notes = Notes::refused);
    // {first_name, last_name, email, language?} and `password`, where the kind of registration
    // wants one.
    enum class PasswordField : std::uint8_t { required, optional };
    struct Person {
        NewUser user;
        std::optional<std::string> password;
    };
    enum class Names : std::uint8_t { required, optional };
    Person person(PasswordField password, Names names = Names::required);

    // Where a field is required or not by something else than `has`: refuses it if it is missing or
    // empty.
    void require(std::string_view name);
    void refuse(std::string_view name, std::string_view code, std::string detail);

    // Also notes every field that nobody asked for. Absent: all is well.
    std::optional<Problem> problem();

    // The same for every spelling of the same body: for telling whether a repetition is one.
    std::string canonical() const;

private:
    struct Node;
    explicit Fields(std::shared_ptr<Node> node);
    // Null where it is not there. `shape` gives the field's schema, where one is wanted.
    const nlohmann::json* find(std::string_view name, auto&& shape);
    std::optional<std::string> found_text(std::string_view name, auto&& shape);
    Fields within(const nlohmann::json& object, const std::string& place);
    Fields noted_within(std::string_view name);
    void need(std::string_view name);
    std::string required(std::string_view name, std::optional<std::string> value);

    std::shared_ptr<Node> node_;
};

Profile to_profile(const ProfileChange& given);

}  // namespace muster::http
