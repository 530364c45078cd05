#include "events/sha256.hpp"

#include <openssl/evp.h>
#include <stdexcept>

namespace muster {
namespace {

void expect_success(int success) {
    if (success != 1) throw std::runtime_error("SHA-256 is not available");
}

const EVP_MD* sha256_algorithm() {
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> fetched{
        EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};
    return fetched.get();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {}

Sha256& Sha256::begin() {
    expect_success(
        EVP_DigestInit_ex(context_.get(), started_ ? nullptr : sha256_algorithm(), nullptr));
    started_ = true;
    return *this;
}

Sha256& Sha256::add(std::string_view bytes) {
    expect_success(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
    return *this;
}

Hash Sha256::end() {
    Hash hash;
    expect_success(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr));
    return hash;
}

}  // namespace muster
