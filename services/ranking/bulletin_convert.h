// What is stored of templates and bulletins, as it goes onto the wire.
#pragma once

#include "anju/ranking/v1/bulletin.pb.h"
#include "common/bulletin/content.h"
#include "services/ranking/store/bulletins_model.h"

namespace anju::ranking {

v1::TemplateRecord ToProto(const StoredTemplate& stored, bool with_source);
// Without content and position.
v1::BulletinRecord ToProto(const StoredDraft& draft);
v1::BulletinRecord ToProto(const StoredBulletin& bulletin);
// What of `before` reads otherwise in `after`, with the cells it is of.
google::protobuf::RepeatedPtrField<v1::FigureChange> ChangesOf(const bulletin::Content& before, const bulletin::Content& after);
// The first change as a person reads it: "3 cells, first: PLACE 62.05 → 63". "text" when no figure reads otherwise.
std::string Summary(const std::vector<bulletin::Change>& changes);

// SHA-256, raw.
std::string Sha256(std::string_view bytes);

}  // namespace anju::ranking
