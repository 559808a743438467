/// A plan as sections of sentences, tables and points: what text, Markdown and HTML have in common.
///
/// Place: between a plan and its writers. Pure.
#pragma once

#include <string>
#include <vector>

#include "capacity/plan/plan.hpp"

namespace capacity::plan {

struct DocumentColumn {
    std::string name;
    bool number = false;
};

struct DocumentTable {
    std::vector<DocumentColumn> columns;
    std::vector<std::vector<std::string>> rows;
};

struct Section {
    std::string heading;
    std::vector<std::string> paragraphs;
    DocumentTable table = {};              ///< no columns: none
    std::vector<std::string> points = {};  ///< a list
};

struct Document {
    std::string title;
    std::string subtitle;
    std::vector<Section> sections;
};

Document document_of(const Plan& plan);

}  // namespace capacity::plan
