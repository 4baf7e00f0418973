/** Names that threads need at run time. They stand apart from the schemas, as loading zod takes a thread longer than a unit. */

/** `different` is no duplicate: the same words in another order, which must not be found. */
export const PLANTED_KINDS = ['exact', 'near', 'wrapped', 'truncated', 'different'] as const;
export type PlantedKind = (typeof PLANTED_KINDS)[number];

/** What the filters may look for, from outside of the recipe. */
export const LIST_NAMES = ['urlDomains', 'urls', 'urlWords', 'urlSoftWords', 'urlSubstrings', 'badWords'] as const;
export type ListName = (typeof LIST_NAMES)[number];
