/** The last moment a Date can name. */
export const LAST_TIME = 8.64e15;
