/** A share as people read it, to three digits: 0.125 is 12.5%. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;

/** A change by a share, with its sign and one digit: +1.3%. */
export const signedPercent = (share: number): string => `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}%`;
