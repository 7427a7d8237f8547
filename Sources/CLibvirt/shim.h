#pragma once

#include <stddef.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

// Swift cannot see the VIR_DOMAIN_EVENT_CALLBACK cast macro. Registers for the
// lifecycle events of every domain of the connection; returns the callback's
// id, or -1 with libvirt's thread-local error set.
static inline int connect_domain_lifecycle_register(virConnectPtr connection,
                                                    virConnectDomainEventCallback callback,
                                                    void *opaque, virFreeCallback release) {
  return virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                          VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}

// Registers for the announcements that a domain was reset, or rebooted itself; returns as above.
static inline int domain_reboot_register(virDomainPtr domain,
                                         virConnectDomainEventGenericCallback callback, void *opaque,
                                         virFreeCallback release) {
  return virConnectDomainEventRegisterAny(virDomainGetConnect(domain), domain, VIR_DOMAIN_EVENT_ID_REBOOT,
                                          VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}
