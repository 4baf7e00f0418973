/** Names, in the environment of every test with servers, the folder of this run, for what is made once in it. */
export const RUN_FOLDER = 'LLM_PACK_TEST_RUN';
