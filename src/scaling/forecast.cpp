#include "scaling/forecast.hpp"

#include <algorithm>
#include <cmath>

namespace scaling {

std::string_view to_string(GrowthModel model) {
    switch (model) {
        case GrowthModel::exponential: return "exponential";
        case GrowthModel::linear: return "linear";
        case GrowthModel::logistic: return "logistic";
    }
    return "";
}

std::vector<double> project(const Growth& growth, int months) {
    std::vector<double> clients;
    clients.reserve(static_cast<std::size_t>(std::max(months, 0)));
    double grown = growth.start;
    for (int month = 1; month <= months; ++month) {
        switch (growth.model) {
            case GrowthModel::exponential: grown = grown * (1 + growth.rate); break;
            case GrowthModel::linear: grown = growth.start + growth.start * growth.rate * month; break;
            case GrowthModel::logistic:
                grown = growth.ceiling /
                        (1 + (growth.ceiling / growth.start - 1) * std::exp(-std::log1p(growth.rate) * month));
                break;
        }
        clients.push_back(std::max(grown, 0.0));
    }
    return clients;
}

}  // namespace scaling
