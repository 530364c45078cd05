// The data to measure on: users with accounts, invitations and sign-ins, made through the use
// cases, the same for the same seed but for times, keys and salts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "events/email_address.hpp"
#include "events/id.hpp"

namespace muster::bench {

// A folder that goes with its end.
class TemporaryFolder {
public:
    TemporaryFolder(const std::filesystem::path& beside, const std::string& name);
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

struct Person {
    UserId user;
    AccountId account;  // The user owns it.
    SessionId session;  // The newest in which it is chosen.
    std::string token;  // Of the session.
};

class DataSet {
public:
    static constexpr std::uint64_t events_a_user = 10;
    static constexpr std::string_view password = "correct horse battery staple";

    // A data folder with so many events, views and all, below `folder`; the one that was made there
    // before, if there is one.
    DataSet(const std::filesystem::path& folder, std::uint64_t events, std::uint64_t seed);

    const std::filesystem::path& folder() const { return folder_; }
    std::uint64_t events() const { return events_; }
    const std::vector<Person>& people() const { return people_; }
    const std::string& admin_token() const { return admin_token_; }
    // As the people of the data set have them, by their place among them.
    static EmailAddress email_of(std::size_t person);
    // The first ones have a second factor on.
    std::size_t with_second_factor() const {
        return std::min<std::size_t>(people_.size() / 4, 4096);
    }
    static std::string code_of(std::size_t person);  // For a sign-in now.

    // A copy that shares what is never written again.
    void copy_to(const std::filesystem::path& folder) const;
    // What a folder in it takes on disk.
    std::uint64_t bytes_of(std::string_view folder) const;

private:
    void fill(std::uint64_t seed);
    void project() const;
    void keep_sessions() const;
    bool find_sessions();
    void sign_in_admin();
    void make_tokens();

    std::filesystem::path folder_;
    std::uint64_t events_;
    std::vector<Person> people_;
    SessionId admin_;
    std::string admin_token_;
};

}  // namespace muster::bench
