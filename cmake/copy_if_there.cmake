# cmake -DFROM=FILE -DTO=FOLDER -P copy_if_there.cmake
if(EXISTS ${FROM})
  file(COPY ${FROM} DESTINATION ${TO})
endif()
