declare const __VERSION__: string | undefined;

/** Of package.json, put in by the build; tests run what is not built. */
export const VERSION = typeof __VERSION__ === 'undefined' ? 'unbuilt' : __VERSION__;
