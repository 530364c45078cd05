// SHA-256 (FIPS 180-4) of bytes that come in pieces. Not shared between threads.
#pragma once

#include <memory>
#include <string_view>

#include "events/record.hpp"

struct evp_md_ctx_st;

namespace muster {

class Sha256 {
public:
    Sha256();
    Sha256& begin();  // Before each message.
    Sha256& add(std::string_view bytes);
    Hash end();

private:
    std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
    bool started_ = false;
};

}  // namespace muster
