// Trusted Types: text that could become markup is refused everywhere. Style sheets that the component library writes as text hold no '<'.
interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML: (text: string) => string | null }): unknown;
}
const factory = (window as unknown as { trustedTypes?: PolicyFactory }).trustedTypes;
factory?.createPolicy('default', { createHTML: (text) => (text.includes('<') ? null : text) });
export {};
