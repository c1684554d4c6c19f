/** Limits of groups (contract section 2, Chats): code points and people. */
export const longestName = 100;
export const longestDescription = 512;
export const mostMembers = 256;
