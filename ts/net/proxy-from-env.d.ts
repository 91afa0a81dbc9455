declare module 'proxy-from-env' {
  /** By HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; '' for none. */
  export function getProxyForUrl(url: string): string;
}
