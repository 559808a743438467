#include "net/redis/slot_map.hpp"

#include <algorithm>
#include <charconv>

namespace net::redis {
namespace {

constexpr std::int16_t nobody = -1;

std::uint16_t crc16(std::string_view text) {
    std::uint16_t crc = 0;
    for (const char byte : text) {
        crc = static_cast<std::uint16_t>(crc ^ static_cast<std::uint16_t>(static_cast<unsigned char>(byte) << 8));
        for (int bit = 0; bit < 8; ++bit) {
            crc = static_cast<std::uint16_t>((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

std::optional<int> number(std::string_view text, int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most) return std::nullopt;
    return value;
}

}  // namespace

int slot_of(std::string_view key) {
    if (const auto open = key.find('{'); open != std::string_view::npos) {
        const auto close = key.find('}', open + 1);
        if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
    }
    return crc16(key) % slot_count;
}

std::optional<Redirect> parse_redirect(std::string_view error, const Node& asked) {
    Redirect redirect;
    if (error.starts_with("ASK ")) {
        redirect.ask = true;
        error.remove_prefix(4);
    } else if (error.starts_with("MOVED ")) {
        error.remove_prefix(6);
    } else {
        return std::nullopt;
    }
    const auto space = error.find(' ');
    const auto colon = error.rfind(':');
    if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) return std::nullopt;
    const auto slot = number(error.substr(0, space), slot_count - 1);
    const auto port = number(error.substr(colon + 1), 65'535);
    if (!slot || !port || *port == 0) return std::nullopt;
    auto host = error.substr(space + 1, colon - space - 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    redirect.slot = *slot;
    redirect.node = {host.empty() ? asked.host : std::string{host}, *port};
    return redirect;
}

std::array<std::int16_t, slot_count> SlotMap::empty_slots() {
    std::array<std::int16_t, slot_count> all{};
    all.fill(nobody);
    return all;
}

void SlotMap::put(int first, int last, const Node& node) {
    if (first < 0 || last >= slot_count || first > last || nodes_.size() >= 1'000) return;
    auto known = std::ranges::find(nodes_, node);
    if (known == nodes_.end()) known = nodes_.insert(nodes_.end(), node);
    std::fill(of_.begin() + first, of_.begin() + last + 1, static_cast<std::int16_t>(known - nodes_.begin()));
}

const Node* SlotMap::node_of(int slot) const {
    const auto at = of_[static_cast<std::size_t>(slot)];
    return at == nobody ? nullptr : &nodes_[static_cast<std::size_t>(at)];
}

void SlotMap::forget(const Node& node) {
    const auto known = std::ranges::find(nodes_, node);
    if (known == nodes_.end()) return;
    std::ranges::replace(of_, static_cast<std::int16_t>(known - nodes_.begin()), nobody);
}

void SlotMap::clear() {
    nodes_.clear();
    of_ = empty_slots();
}

}  // namespace net::redis
