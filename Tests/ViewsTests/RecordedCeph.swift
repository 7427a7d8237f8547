/// The output of Ceph 16.2.15 of Debian 12, unchanged: three monitors and three OSDs in memory, on loopback addresses, with
/// the hosts' names in `crush location`.
enum RecordedCeph {
  /// `ceph --format json status`, healthy
  static let status = line(
    #"""
    {"fsid":"6b0c2f5e-3c1e-4a53-9f4e-0d6a53d5b7a1","health":{"status":"HEALTH_WARN",
    "checks":{"AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED":{"severity":"HEALTH_WARN",
    "summary":{"message":"mons are allowing insecure global_id reclaim","count":3},"muted":false},
    "MGR_MODULE_ERROR":{"severity":"HEALTH_ERR","summary":{"message":"10 mgr modules have failed",
    "count":10},"muted":true}},"mutes":[{"code":"MGR_MODULE_ERROR","sticky":true,"summary":"",
    "count":0}]},"election_epoch":6,"quorum":[0,1,2],"quorum_names":["dauntless","excelsior","falco"],
    "quorum_age":12,"monmap":{"epoch":1,"min_mon_release_name":"pacific","num_mons":3},
    "osdmap":{"epoch":9,"num_osds":3,"num_up_osds":3,"osd_up_since":1795848262,"num_in_osds":3,
    "osd_in_since":1795848259,"num_remapped_pgs":0},
    "pgmap":{"pgs_by_state":[{"state_name":"active+clean","count":8}],"num_pgs":8,"num_pools":1,
    "num_objects":0,"data_bytes":0,"bytes_used":71373,"bytes_avail":201255219,"bytes_total":201326592},
    "fsmap":{"epoch":1,"by_rank":[],"up:standby":0},"mgrmap":{"available":true,"num_standbys":0,
    "modules":["iostat","nfs","restful"],"services":{}},"servicemap":{"epoch":1,
    "modified":"2026-11-28T06:44:17.264904+0000","services":{}},"progress_events":{}}
    """#)

  /// `ceph --format json status` after falco's monitor and OSD were killed
  static let statusOfLoss = line(
    #"""
    {"fsid":"6b0c2f5e-3c1e-4a53-9f4e-0d6a53d5b7a1","health":{"status":"HEALTH_WARN",
    "checks":{"AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED":{"severity":"HEALTH_WARN",
    "summary":{"message":"mons are allowing insecure global_id reclaim","count":2},"muted":false},
    "MGR_MODULE_ERROR":{"severity":"HEALTH_ERR","summary":{"message":"10 mgr modules have failed",
    "count":10},"muted":true},"MON_DOWN":{"severity":"HEALTH_WARN",
    "summary":{"message":"1/3 mons down, quorum dauntless,excelsior","count":1},"muted":false},
    "OSD_DOWN":{"severity":"HEALTH_WARN","summary":{"message":"1 osds down","count":1},"muted":false},
    "OSD_HOST_DOWN":{"severity":"HEALTH_WARN","summary":{"message":"1 host (1 osds) down","count":1},
    "muted":false},"POOL_APP_NOT_ENABLED":{"severity":"HEALTH_WARN",
    "summary":{"message":"1 pool(s) do not have an application enabled","count":1},"muted":false}},
    "mutes":[{"code":"MGR_MODULE_ERROR","sticky":true,"summary":"","count":0}]},"election_epoch":10,
    "quorum":[0,1],"quorum_names":["dauntless","excelsior"],"quorum_age":49,"monmap":{"epoch":1,
    "min_mon_release_name":"pacific","num_mons":3},"osdmap":{"epoch":11,"num_osds":3,"num_up_osds":2,
    "osd_up_since":1795848285,"num_in_osds":3,"osd_in_since":1795848259,"num_remapped_pgs":0},
    "pgmap":{"pgs_by_state":[{"state_name":"active+undersized","count":6},{"state_name":"active+clean",
    "count":2}],"num_pgs":8,"num_pools":1,"num_objects":1,"data_bytes":1823,"bytes_used":87067,
    "bytes_avail":201239525,"bytes_total":201326592},"fsmap":{"epoch":1,"by_rank":[],"up:standby":0},
    "mgrmap":{"available":true,"num_standbys":0,"modules":["iostat","nfs","restful"],"services":{}},
    "servicemap":{"epoch":4,"modified":"2026-11-28T06:45:24.244221+0000","services":{}},
    "progress_events":{}}
    """#)

  /// `ceph --format json status` 23 s after the manager was killed, too
  static let statusWithoutManager = line(
    #"""
    {"fsid":"6b0c2f5e-3c1e-4a53-9f4e-0d6a53d5b7a1","health":{"status":"HEALTH_WARN",
    "checks":{"AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED":{"severity":"HEALTH_WARN",
    "summary":{"message":"mons are allowing insecure global_id reclaim","count":2},"muted":false},
    "MGR_DOWN":{"severity":"HEALTH_WARN","summary":{"message":"no active mgr","count":0},"muted":false},
    "MGR_MODULE_ERROR":{"severity":"HEALTH_ERR","summary":{"message":"10 mgr modules have failed",
    "count":10},"muted":true},"MON_DOWN":{"severity":"HEALTH_WARN",
    "summary":{"message":"1/3 mons down, quorum dauntless,excelsior","count":1},"muted":false},
    "OSD_DOWN":{"severity":"HEALTH_WARN","summary":{"message":"1 osds down","count":1},"muted":false},
    "OSD_HOST_DOWN":{"severity":"HEALTH_WARN","summary":{"message":"1 host (1 osds) down","count":1},
    "muted":false},"POOL_APP_NOT_ENABLED":{"severity":"HEALTH_WARN",
    "summary":{"message":"1 pool(s) do not have an application enabled","count":1},"muted":false}},
    "mutes":[{"code":"MGR_MODULE_ERROR","sticky":true,"summary":"","count":0}]},"election_epoch":10,
    "quorum":[0,1],"quorum_names":["dauntless","excelsior"],"quorum_age":82,"monmap":{"epoch":1,
    "min_mon_release_name":"pacific","num_mons":3},"osdmap":{"epoch":12,"num_osds":3,"num_up_osds":2,
    "osd_up_since":1795848285,"num_in_osds":3,"osd_in_since":1795848259,"num_remapped_pgs":0},
    "pgmap":{"pgs_by_state":[{"state_name":"active+undersized","count":6},{"state_name":"active+clean",
    "count":2}],"num_pgs":8,"num_pools":1,"num_objects":1,"data_bytes":1823,"bytes_used":87067,
    "bytes_avail":201239525,"bytes_total":201326592},"fsmap":{"epoch":1,"by_rank":[],"up:standby":0},
    "mgrmap":{"available":false,"num_standbys":0,"modules":["iostat","nfs","restful"],"services":{}},
    "servicemap":{"epoch":4,"modified":"2026-11-28T06:45:24.244221+0000","services":{}},
    "progress_events":{}}
    """#)

  /// `ceph --format json osd tree`, healthy
  static let tree = line(
    #"""
    {"nodes":[{"id":-1,"name":"default","type":"root","type_id":11,"children":[-7,-5,-3]},{"id":-3,
    "name":"dauntless","type":"host","type_id":1,"pool_weights":{},"children":[0]},{"id":0,
    "device_class":"hdd","name":"osd.0","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"up","reweight":1,"primary_affinity":1},{"id":-5,
    "name":"excelsior","type":"host","type_id":1,"pool_weights":{},"children":[1]},{"id":1,
    "device_class":"hdd","name":"osd.1","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"up","reweight":1,"primary_affinity":1},{"id":-7,
    "name":"falco","type":"host","type_id":1,"pool_weights":{},"children":[2]},{"id":2,
    "device_class":"hdd","name":"osd.2","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"up","reweight":1,"primary_affinity":1}],"stray":[]}
    """#)

  /// `ceph --format json osd tree` after falco's OSD was killed
  static let treeOfLoss = line(
    #"""
    {"nodes":[{"id":-1,"name":"default","type":"root","type_id":11,"children":[-7,-5,-3]},{"id":-3,
    "name":"dauntless","type":"host","type_id":1,"pool_weights":{},"children":[0]},{"id":0,
    "device_class":"hdd","name":"osd.0","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"up","reweight":1,"primary_affinity":1},{"id":-5,
    "name":"excelsior","type":"host","type_id":1,"pool_weights":{},"children":[1]},{"id":1,
    "device_class":"hdd","name":"osd.1","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"up","reweight":1,"primary_affinity":1},{"id":-7,
    "name":"falco","type":"host","type_id":1,"pool_weights":{},"children":[2]},{"id":2,
    "device_class":"hdd","name":"osd.2","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"down","reweight":1,"primary_affinity":1}],
    "stray":[]}
    """#)

  /// `ceph --format json osd tree` after that OSD was marked out
  static let treeOfOut = line(
    #"""
    {"nodes":[{"id":-1,"name":"default","type":"root","type_id":11,"children":[-7,-5,-3]},{"id":-3,
    "name":"dauntless","type":"host","type_id":1,"pool_weights":{},"children":[0]},{"id":0,
    "device_class":"hdd","name":"osd.0","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"up","reweight":1,"primary_affinity":1},{"id":-5,
    "name":"excelsior","type":"host","type_id":1,"pool_weights":{},"children":[1]},{"id":1,
    "device_class":"hdd","name":"osd.1","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"up","reweight":1,"primary_affinity":1},{"id":-7,
    "name":"falco","type":"host","type_id":1,"pool_weights":{},"children":[2]},{"id":2,
    "device_class":"hdd","name":"osd.2","type":"osd","type_id":0,"crush_weight":9.1552734375e-05,
    "depth":2,"pool_weights":{},"exists":1,"status":"down","reweight":0,"primary_affinity":1}],
    "stray":[]}
    """#)

  /// Ceph prints one line.
  private static func line(_ text: String) -> String { text.split(separator: "\n").joined() }
}
