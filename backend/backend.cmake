# hv_values is what events carry, alone: tests of the console link just that.
add_library(hv_values STATIC backend_values.c)
target_link_libraries(hv_values PUBLIC hv_base)

# The facade: wires the layers below, decides nothing.
add_library(hv_backend STATIC
  backend.c backend_accounts.c backend_ask.c backend_check.c backend_events.c backend_entry.c backend_handle.c backend_hosts.c backend_known.c backend_list.c backend_load.c backend_log.c backend_names.c backend_offerings.c backend_picture.c
  backend_place.c backend_preview.c backend_publish.c backend_reach.c backend_requests.c backend_settings.c backend_thread.c backend_wait.c
  backend_told.c backend_undo.c backend_vms.c backend_volumes.c backend_watch.c)
target_include_directories(hv_backend SYSTEM PRIVATE ${UTHASH_INCLUDE_DIR})
target_link_libraries(hv_backend
  PUBLIC hv_values
  PRIVATE hv_hyperv hv_demo hv_engine hv_agent hv_transport hv_store hv_domain hv_base Threads::Threads)
