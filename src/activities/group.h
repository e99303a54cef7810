// How the folders of this room offer their activities: add_GROUP appends engine::activity<…>() for each, in the order of the reference.
#pragma once
#include <vector>

#include "engine/activity.h"

namespace quanji::activities {

using Activities = std::vector<const engine::Activity*>;

void add_file(Activities& to);
void add_archive(Activities& to);
void add_text(Activities& to);
void add_table(Activities& to);
void add_csv(Activities& to);
void add_json(Activities& to);
void add_xml(Activities& to);
void add_excel(Activities& to);
void add_dbf(Activities& to);
void add_fixed_width(Activities& to);
void add_http(Activities& to);
void add_process(Activities& to);
void add_log(Activities& to);
void add_calendar(Activities& to);
void add_crypto(Activities& to);
void add_image(Activities& to);
void add_asset(Activities& to);
void add_credential(Activities& to);
void add_queue(Activities& to);
void add_storage(Activities& to);
void add_task(Activities& to);
void add_human(Activities& to);

}  // namespace quanji::activities
