/** Who did it, in events and workflow memos: whoever holds the API token. */
export const API_ACTOR = 'api';
