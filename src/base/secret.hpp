/// A string that never shows itself: wiped when freed, printed as `***`, compared in constant time.
#pragma once

#include <string>
#include <string_view>

namespace base {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value);
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    bool empty() const { return value_.empty(); }
    /// The one way to the value; the name is there to be looked for in a review.
    std::string_view reveal() const { return value_; }
    /// Takes the same time whatever differs (it depends on the length of `other` only).
    bool equals(std::string_view other) const;

private:
    void wipe();
    std::string value_;
};

}  // namespace base
