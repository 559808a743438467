#include "base/secret.hpp"

#include <openssl/crypto.h>

#include <cstdint>
#include <utility>

namespace base {

namespace {

/// All of the buffer, so that a short string's own storage is wiped too.
void wipe_string(std::string& text) {
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

}  // namespace

Secret::Secret(std::string value) : value_{std::move(value)} { wipe_string(value); }

Secret::Secret(Secret&& other) noexcept : value_{std::move(other.value_)} { other.wipe(); }

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe();
        value_ = other.value_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        value_ = std::move(other.value_);
        other.wipe();
    }
    return *this;
}

Secret::~Secret() { wipe(); }

bool Secret::equals(std::string_view other) const {
    if (value_.empty()) {
        return other.empty();
    }
    volatile std::size_t differs = value_.size() ^ other.size();
    for (std::size_t i = 0; i < other.size(); ++i) {
        const auto mine = static_cast<std::uint8_t>(value_[i % value_.size()]);
        differs = differs | static_cast<std::size_t>(mine ^ static_cast<std::uint8_t>(other[i]));
    }
    return differs == 0;
}

void Secret::wipe() { wipe_string(value_); }

}  // namespace base
