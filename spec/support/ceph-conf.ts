/** The configuration of a single-node Ceph cluster: one monitor, one memory store, one gateway. */
export function cephConf(at: {
  dir: string;
  fsid: string;
  monPort: number;
  port: number;
  storeBytes: number;
}): string {
  const { dir } = at;
  return `[global]
fsid = ${at.fsid}
mon_host = [v2:127.0.0.1:${at.monPort}/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
ms_mon_client_mode = crc
ms_mon_service_mode = crc
ms_mon_cluster_mode = crc
run_dir = ${dir}
admin_socket = ${dir}/$name.asok
log_file = ${dir}/log/$name.log
debug_default = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
osd_crush_chooseleaf_type = 0
[mon]
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
mon_data = ${dir}/mon
mon_cluster_log_file = ${dir}/log/cluster.log
[osd]
osd_data = ${dir}/osd
osd_objectstore = memstore
memstore_device_bytes = ${at.storeBytes}
osd_memory_target = 1073741824
[client]
# Without tcp_nodelay each answer waits 44 ms for the client's delayed ACK.
rgw_frontends = beast endpoint=127.0.0.1:${at.port} tcp_nodelay=1
rgw_data = ${dir}/rgw
rgw_dns_name = localhost
rgw_rados_pool_pg_num_min = 8
rgw_enable_usage_log = false
rgw_crypt_require_ssl = false
rgw_s3_auth_use_sts = true
rgw_sts_key = abcdefghijklmnop
rgw_s3_auth_order = local, sts
admin_socket =
`;
}
