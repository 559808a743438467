#include "backend/cell.hpp"

namespace backend {

Cell Cell::boolean(bool value) {
    Cell cell;
    cell.kind_ = Kind::boolean;
    cell.value_.boolean = value;
    return cell;
}

Cell Cell::integer(std::int64_t value) {
    Cell cell;
    cell.kind_ = Kind::integer;
    cell.value_.integer = value;
    return cell;
}

Cell Cell::decimal(Decimal value) {
    Cell cell;
    cell.kind_ = Kind::decimal;
    cell.value_.decimal = value;
    return cell;
}

Cell Cell::real(double value) {
    Cell cell;
    cell.kind_ = Kind::real;
    cell.value_.real = value;
    return cell;
}

Cell Cell::date(Date value) {
    Cell cell;
    cell.kind_ = Kind::date;
    cell.value_.date = value;
    return cell;
}

Cell Cell::time(Time value) {
    Cell cell;
    cell.kind_ = Kind::time;
    cell.value_.time = value;
    return cell;
}

Cell Cell::timestamp(Timestamp value) {
    Cell cell;
    cell.kind_ = Kind::timestamp;
    cell.value_.timestamp = value;
    return cell;
}

Cell Cell::text(std::string_view borrowed) {
    Cell cell;
    cell.kind_ = Kind::text;
    cell.value_.view = {borrowed.data(), borrowed.size()};
    return cell;
}

Cell Cell::binary(std::string_view borrowed) {
    Cell cell = text(borrowed);
    cell.kind_ = Kind::binary;
    return cell;
}

Cell Cell::json(std::string_view borrowed) {
    Cell cell = text(borrowed);
    cell.kind_ = Kind::json;
    return cell;
}

}  // namespace backend
