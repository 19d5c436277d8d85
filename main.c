int go(void);int main(void){int r=0;for(int i=0;i<10;i++)r+=go();return r!=-10;}
