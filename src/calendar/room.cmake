find_package(date REQUIRED)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE date::date-tz)
